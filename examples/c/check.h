/* What the examples share: they end with the library's own message when a call fails. */
#ifndef CHECK_H
#define CHECK_H

#include <jkoflow.h>
#include <stdio.h>
#include <stdlib.h>

static inline void check(jko_status status, const char *what) {
    char message[256];
    if (status == JKO_STATUS_OK) {
        return;
    }
    jko_last_error(message, sizeof message);
    fprintf(stderr, "%s: %s (%s)\n", what, jko_status_message(status), message);
    exit(EXIT_FAILURE);
}

#endif
