/* Plugs a recorded device in and out, word by word from standard input, under a program that is started with the rest
   of the command line: hotplug DEVICE-FILE SYSFS-PATH PROGRAM [ARGUMENT...]
   libumockdev has no command for this, only a library. Its prototypes stand here, so that no headers are needed. */
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct testbed testbed;
extern testbed *umockdev_testbed_new(void);
extern int umockdev_testbed_add_from_string(testbed *, const char *, void **);
extern void umockdev_testbed_uevent(testbed *, const char *, const char *);
extern void umockdev_testbed_remove_device(testbed *, const char *);
extern void g_object_unref(void *);

/* At most `size` bytes with the ending zero; the program ends where there is no such file. */
static void whole(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(2);
    }
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

int main(int count, char **arguments) {
    static char description[1 << 16];
    if (count < 4)
        return 2;
    testbed *bed = umockdev_testbed_new();
    whole(arguments[1], description, sizeof description);
    /* The device's own paragraph is the first; the hubs and controllers above it stay. */
    char *above = strstr(description, "\n\n");
    if (!above)
        return 2;
    above[1] = 0;
    if (!umockdev_testbed_add_from_string(bed, above + 2, NULL))
        return 2;
    pid_t child = fork();
    if (child == 0) {
        /* Only the one who plugs reads the commands. */
        freopen("/dev/null", "r", stdin);
        execv(arguments[3], arguments + 3);
        perror(arguments[3]);
        _exit(2);
    }
    char word[16];
    while (scanf("%15s", word) == 1) {
        if (strcmp(word, "plug") == 0) {
            umockdev_testbed_add_from_string(bed, description, NULL);
            umockdev_testbed_uevent(bed, arguments[2], "add");
        } else if (strcmp(word, "pull") == 0) {
            umockdev_testbed_uevent(bed, arguments[2], "remove");
            umockdev_testbed_remove_device(bed, arguments[2]);
        }
    }
    int status = 2;
    waitpid(child, &status, 0);
    g_object_unref(bed);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
