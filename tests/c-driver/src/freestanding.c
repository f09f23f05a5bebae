/* Memory and strings without a C library. Blocks come in powers of two and are used again by size, so that memory does not
   grow from capture to capture. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 5, LARGEST = 22, HEADER = 16, PAGE = 65536 };

/* Before each block: its size, as a power of two, and the next free one of that size. */
struct header {
    uint32_t power;
    struct header *next;
};

static struct header *free_blocks[LARGEST + 1];
extern unsigned char __heap_base;
static uintptr_t top;

_Noreturn void abort(void) {
    __builtin_trap();
}

void *malloc(size_t size) {
    uint32_t power = SMALLEST;
    while (((size_t)1 << power) < size + HEADER) {
        if (++power > LARGEST) {
            return NULL;
        }
    }
    struct header *block = free_blocks[power];
    if (block != NULL) {
        free_blocks[power] = block->next;
    } else {
        if (top == 0) {
            top = ((uintptr_t)&__heap_base + HEADER - 1) & ~(uintptr_t)(HEADER - 1);
        }
        uintptr_t end = top + ((uintptr_t)1 << power);
        uintptr_t there = __builtin_wasm_memory_size(0) * (uintptr_t)PAGE;
        if (end > there && __builtin_wasm_memory_grow(0, (end - there + PAGE - 1) / PAGE) == (size_t)-1) {
            return NULL;
        }
        block = (struct header *)top;
        block->power = power;
        top = end;
    }
    return (unsigned char *)block + HEADER;
}

void free(void *memory) {
    if (memory == NULL) {
        return;
    }
    struct header *block = (struct header *)((unsigned char *)memory - HEADER);
    block->next = free_blocks[block->power];
    free_blocks[block->power] = block;
}

void *realloc(void *memory, size_t size) {
    void *larger = malloc(size);
    if (memory != NULL && larger != NULL) {
        struct header *block = (struct header *)((unsigned char *)memory - HEADER);
        size_t room = ((size_t)1 << block->power) - HEADER;
        memcpy(larger, memory, room < size ? room : size);
        free(memory);
    }
    return larger;
}

void *memcpy(void *to, const void *from, size_t size) {
    unsigned char *out = to;
    const unsigned char *in = from;
    while (size-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memset(void *to, int value, size_t size) {
    unsigned char *out = to;
    while (size-- > 0) {
        *out++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *one, const void *other, size_t size) {
    const unsigned char *a = one, *b = other;
    for (; size > 0; a++, b++, size--) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length] != 0) {
        length++;
    }
    return length;
}
