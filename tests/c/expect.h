/* What the C tests share: counted checks, and a look at the last message. */
#ifndef EXPECT_H
#define EXPECT_H

#include <jkoflow.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

#define EXPECT(condition)                                                      \
    do {                                                                       \
        if (!(condition)) {                                                    \
            printf("line %d: %s\n", __LINE__, #condition);                     \
            failures++;                                                        \
        }                                                                      \
    } while (0)

/* Whether the last message holds a text. */
static inline int says(const char *text) {
    char message[512];
    jko_last_error(message, sizeof message);
    if (strstr(message, text) != NULL) {
        return 1;
    }
    printf("the message was: %s\n", message);
    return 0;
}

#endif
