/* Driver for the NEXT Biometrics NB-1010-U (298d:1010) in C: a sample for vendors who have C code. The same protocol as
   device-drivers/nb1010, which says where the bytes are known from. Names that begin with `kiosk_` and `exports_kiosk_` are
   generated out of the contract's WIT. */
#include "fingerprint_scanner_driver.h"
#include <stdlib.h>
#include <string.h>

enum {
    OUT = 0x02,
    IN = 0x83,
    WIDTH = 256,
    HEIGHT = 180,
    DPI = 385,
    /* two lines in a packet */
    LINES = 2,
    PACKETS = HEIGHT / LINES,
    PACKET_BYTES = 540,
    ANSWER_BYTES = 16,
    PIXELS_AT = 25,
    /* how strongly a covered sensor is covered, at least */
    COVERED = 128,
    /* milliseconds */
    ANSWER_MS = 1000,
    POLL_MS = 50,
    LEAST_MS = 2 * POLL_MS,
    LEFT_BEHIND_MS = 20,
    /* most packets that a broken-off capture leaves behind */
    LEFT_BEHIND = PACKETS + 10,
};

/* What the contract calls a scanner: the claimed interface, and nothing else. */
struct exports_kiosk_driver_fingerprint_scanner_scanner_t {
    kiosk_driver_usb_own_claimed_interface_t interface;
};

typedef exports_kiosk_driver_fingerprint_scanner_fault_t fault_t;
typedef kiosk_driver_usb_borrow_claimed_interface_t usb_t;

/* Reports a fault; always false, so that a caller can return it. */
static bool fault(fault_t *to, kiosk_driver_faults_kind_t kind, const char *code) {
    to->kind = kind;
    fingerprint_scanner_driver_string_dup(&to->code, code);
    fingerprint_scanner_driver_string_dup(&to->detail, "");
    return false;
}

/* The fault of a transfer that did not complete. A halted endpoint is cleared, so that the next call finds it working. */
static bool ended(usb_t usb, uint8_t endpoint, kiosk_driver_usb_status_t status, fault_t *to) {
    switch (status) {
    case KIOSK_DRIVER_USB_STATUS_NO_DEVICE:
        return fault(to, KIOSK_DRIVER_FAULTS_KIND_DEVICE_GONE, "device-gone");
    case KIOSK_DRIVER_USB_STATUS_CANCELLED:
        return fault(to, KIOSK_DRIVER_FAULTS_KIND_CANCELLED, "cancelled");
    case KIOSK_DRIVER_USB_STATUS_TIMED_OUT:
        return fault(to, KIOSK_DRIVER_FAULTS_KIND_PROTOCOL, "no-answer");
    case KIOSK_DRIVER_USB_STATUS_OVERFLOW:
        return fault(to, KIOSK_DRIVER_FAULTS_KIND_PROTOCOL, "answer-too-long");
    case KIOSK_DRIVER_USB_STATUS_NOT_GRANTED:
        return fault(to, KIOSK_DRIVER_FAULTS_KIND_NOT_SUPPORTED, "not-granted");
    case KIOSK_DRIVER_USB_STATUS_STALLED: {
        kiosk_driver_usb_status_t ignored;
        kiosk_driver_usb_method_claimed_interface_clear_halt(usb, endpoint, &ignored);
        return fault(to, KIOSK_DRIVER_FAULTS_KIND_PROTOCOL, "stalled");
    }
    default:
        return fault(to, KIOSK_DRIVER_FAULTS_KIND_PROTOCOL, "bus-error");
    }
}

static kiosk_driver_usb_status_t write(usb_t usb, const uint8_t *bytes, size_t length) {
    kiosk_driver_usb_request_t request = {.tag = KIOSK_DRIVER_USB_REQUEST_DATA_OUT};
    request.val.data_out.endpoint = OUT;
    request.val.data_out.data.ptr = (uint8_t *)bytes;
    request.val.data_out.data.len = length;
    kiosk_driver_usb_completion_t done;
    kiosk_driver_usb_method_claimed_interface_transfer(usb, &request, ANSWER_MS, &done);
    fingerprint_scanner_driver_list_u8_free(&done.data);
    return done.status;
}

/* Reads into `to`; `came` is how many bytes there were. */
static kiosk_driver_usb_status_t read(usb_t usb, uint8_t *to, uint32_t length, uint32_t ms, size_t *came) {
    kiosk_driver_usb_request_t request = {.tag = KIOSK_DRIVER_USB_REQUEST_DATA_IN};
    request.val.data_in.endpoint = IN;
    request.val.data_in.length = length;
    kiosk_driver_usb_completion_t done;
    kiosk_driver_usb_method_claimed_interface_transfer(usb, &request, ms, &done);
    *came = done.data.len < length ? done.data.len : length;
    memcpy(to, done.data.ptr, *came);
    fingerprint_scanner_driver_list_u8_free(&done.data);
    return done.status;
}

/* Whatever the device still holds must not be taken for the next answer. */
static void throw_away(usb_t usb) {
    uint8_t packet[PACKET_BYTES];
    size_t came;
    for (int count = 0; count < LEFT_BEHIND; count++) {
        kiosk_driver_usb_status_t status = read(usb, packet, PACKET_BYTES, LEFT_BEHIND_MS, &came);
        if (status != KIOSK_DRIVER_USB_STATUS_COMPLETED && status != KIOSK_DRIVER_USB_STATUS_OVERFLOW) {
            return;
        }
    }
}

/* One command and its answer: the code and sequence number that it must carry. */
static bool ask(usb_t usb, const uint8_t *command, size_t length, uint8_t code, uint8_t sequence, uint8_t *answer, fault_t *to) {
    kiosk_driver_usb_status_t status = write(usb, command, length);
    if (status != KIOSK_DRIVER_USB_STATUS_COMPLETED) {
        return ended(usb, OUT, status, to);
    }
    size_t came;
    status = read(usb, answer, ANSWER_BYTES, ANSWER_MS, &came);
    if (status != KIOSK_DRIVER_USB_STATUS_COMPLETED) {
        return ended(usb, IN, status, to);
    }
    if (came != ANSWER_BYTES || answer[0] != 0x80 || answer[1] != code || answer[2] != sequence) {
        return fault(to, KIOSK_DRIVER_FAULTS_KIND_PROTOCOL, "wrong-answer");
    }
    return true;
}

static const uint8_t LEVEL[] = {0x80, 0x38, 1, 0, 8, 0, 0, 0};
static const uint8_t PREPARE[] = {0x80, 0x0d, 3, 0, 12, 0, 0, 0, 0, 4, 0, 0};
static const uint8_t SCAN[32] = {0x80, 0x12, 4, 0, 32, 0, 0, 0, 0x02, [28] = 0x20};

/* Every packet must be the next one: they are numbered, and only the last says that no more come. */
static bool collect(usb_t usb, uint8_t *pixels, fault_t *to) {
    uint8_t packet[PACKET_BYTES];
    for (unsigned index = 0; index < PACKETS; index++) {
        size_t came;
        kiosk_driver_usb_status_t status = read(usb, packet, PACKET_BYTES, ANSWER_MS, &came);
        if (status != KIOSK_DRIVER_USB_STATUS_COMPLETED) {
            return ended(usb, IN, status, to);
        }
        unsigned line = came == PACKET_BYTES ? packet[16] | packet[17] << 8 : 0;
        bool more = came == PACKET_BYTES && packet[12] != 0;
        if (line != index * LINES + 1 || more != (index + 1 < PACKETS) || packet[0] != 0x80 || packet[1] != 0x21) {
            return fault(to, KIOSK_DRIVER_FAULTS_KIND_PROTOCOL, "wrong-answer");
        }
        memcpy(pixels + index * LINES * WIDTH, packet + PIXELS_AT, LINES * WIDTH);
    }
    return true;
}

static bool capture(usb_t usb, exports_kiosk_driver_fingerprint_scanner_borrow_listener_t listener, uint8_t *pixels, fault_t *to) {
    uint8_t answer[ANSWER_BYTES];
    kiosk_driver_progress_method_listener_at(listener, KIOSK_DRIVER_PROGRESS_STAGE_READY);
    for (;;) {
        if (!ask(usb, LEVEL, sizeof LEVEL, 0x37, 1, answer, to)) {
            return false;
        }
        if (answer[12] >= COVERED) {
            break;
        }
        uint32_t left = kiosk_driver_progress_method_listener_remaining_ms(listener);
        if (left == 0) {
            return fault(to, KIOSK_DRIVER_FAULTS_KIND_CANCELLED, "cancelled");
        }
        if (left <= LEAST_MS) {
            return fault(to, KIOSK_DRIVER_FAULTS_KIND_NOTHING_PRESENTED, "nothing-presented");
        }
        /* With nothing pending, a wait is a pause: the only clock that a driver has. */
        kiosk_driver_usb_list_ticket_t none = {NULL, 0};
        kiosk_driver_usb_completion_t never;
        if (kiosk_driver_usb_method_claimed_interface_wait(usb, &none, POLL_MS, &never)) {
            fingerprint_scanner_driver_list_u8_free(&never.data);
        }
    }
    kiosk_driver_progress_method_listener_at(listener, KIOSK_DRIVER_PROGRESS_STAGE_PRESENTED);
    if (!ask(usb, PREPARE, sizeof PREPARE, 0x20, 3, answer, to) || !ask(usb, SCAN, sizeof SCAN, 0x20, 4, answer, to)) {
        return false;
    }
    kiosk_driver_progress_method_listener_at(listener, KIOSK_DRIVER_PROGRESS_STAGE_READING);
    if (!collect(usb, pixels, to)) {
        return false;
    }
    kiosk_driver_progress_method_listener_at(listener, KIOSK_DRIVER_PROGRESS_STAGE_REMOVE);
    return true;
}

bool exports_kiosk_driver_fingerprint_scanner_static_scanner_open(
    exports_kiosk_driver_fingerprint_scanner_list_own_claimed_interface_t *interfaces,
    exports_kiosk_driver_fingerprint_scanner_start_t *start, exports_kiosk_driver_fingerprint_scanner_own_scanner_t *ret,
    exports_kiosk_driver_fingerprint_scanner_fault_t *err) {
    exports_kiosk_driver_fingerprint_scanner_start_free(start);
    if (interfaces->len == 0) {
        return fault(err, KIOSK_DRIVER_FAULTS_KIND_NOT_SUPPORTED, "no-interface");
    }
    exports_kiosk_driver_fingerprint_scanner_scanner_t *scanner = malloc(sizeof *scanner);
    if (scanner == NULL) {
        abort();
    }
    /* The first interface is the manifest's only one. */
    scanner->interface = interfaces->ptr[0];
    free(interfaces->ptr);
    *ret = exports_kiosk_driver_fingerprint_scanner_scanner_new(scanner);
    return true;
}

void exports_kiosk_driver_fingerprint_scanner_method_scanner_describe(
    exports_kiosk_driver_fingerprint_scanner_borrow_scanner_t self,
    exports_kiosk_driver_fingerprint_scanner_description_t *ret) {
    kiosk_driver_usb_identity_t identity;
    kiosk_driver_usb_method_claimed_interface_identity(kiosk_driver_usb_borrow_claimed_interface(self->interface), &identity);
    fingerprint_scanner_driver_string_dup(&ret->vendor, "NEXT Biometrics");
    fingerprint_scanner_driver_string_dup(&ret->model, "NB-1010-U");
    ret->serial.is_some = identity.serial.is_some;
    if (identity.serial.is_some) {
        fingerprint_scanner_driver_string_dup_n(&ret->serial.val, (const char *)identity.serial.val.ptr, identity.serial.val.len);
    }
    kiosk_driver_usb_identity_free(&identity);
    ret->firmware.is_some = false;
    ret->swipe = false;
    ret->width = WIDTH;
    ret->height = HEIGHT;
    ret->dpi = DPI;
}

bool exports_kiosk_driver_fingerprint_scanner_method_scanner_capture(
    exports_kiosk_driver_fingerprint_scanner_borrow_scanner_t self, uint32_t timeout_ms,
    exports_kiosk_driver_fingerprint_scanner_borrow_listener_t listener,
    exports_kiosk_driver_fingerprint_scanner_capture_t *ret, exports_kiosk_driver_fingerprint_scanner_fault_t *err) {
    (void)timeout_ms;
    usb_t usb = kiosk_driver_usb_borrow_claimed_interface(self->interface);
    exports_kiosk_driver_fingerprint_scanner_finger_image_t *finger = malloc(sizeof *finger);
    uint8_t *pixels = malloc(WIDTH * HEIGHT);
    if (finger == NULL || pixels == NULL) {
        abort();
    }
    bool good = capture(usb, listener, pixels, err);
    if (!good) {
        if (err->kind == KIOSK_DRIVER_FAULTS_KIND_PROTOCOL) {
            throw_away(usb);
        }
        free(pixels);
        free(finger);
    } else {
        memset(finger, 0, sizeof *finger);
        finger->image.width = WIDTH;
        finger->image.height = HEIGHT;
        finger->image.dpi = DPI;
        finger->image.pixels.ptr = pixels;
        finger->image.pixels.len = WIDTH * HEIGHT;
        finger->position = KIOSK_TYPES_SAMPLES_FINGER_POSITION_UNKNOWN;
        finger->impression = KIOSK_TYPES_SAMPLES_IMPRESSION_LIVE_SCAN_PLAIN;
        ret->fingers.ptr = finger;
        ret->fingers.len = 1;
        ret->presentation_attack.is_some = false;
        ret->signature.is_some = false;
    }
    kiosk_driver_progress_listener_drop_borrow(listener);
    return good;
}

bool exports_kiosk_driver_fingerprint_scanner_method_scanner_calibration(
    exports_kiosk_driver_fingerprint_scanner_borrow_scanner_t self, fingerprint_scanner_driver_list_u8_t *ret) {
    (void)self;
    (void)ret;
    return false;
}

/* Every capture leaves the device idle. */
void exports_kiosk_driver_fingerprint_scanner_method_scanner_close(
    exports_kiosk_driver_fingerprint_scanner_borrow_scanner_t self) {
    (void)self;
}

void exports_kiosk_driver_fingerprint_scanner_scanner_destructor(exports_kiosk_driver_fingerprint_scanner_scanner_t *rep) {
    kiosk_driver_usb_claimed_interface_drop_own(rep->interface);
    free(rep);
}
