/* Options by name, as the library lists them. */
#include "jkoflow_mex.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *option, *name;
    int32_t value;
} CHOICES[] = {
    {"mean", "logarithmic", JKO_MEAN_LOGARITHMIC},
    {"mean", "geometric", JKO_MEAN_GEOMETRIC},
    {"mean", "harmonic", JKO_MEAN_HARMONIC},
    {"mean", "arithmetic", JKO_MEAN_ARITHMETIC},
    {"reference", "degree", JKO_REFERENCE_DEGREE},
    {"reference", "uniform", JKO_REFERENCE_UNIFORM},
    {"duplicates", "refuse", JKO_DUPLICATES_REFUSE},
    {"duplicates", "sum", JKO_DUPLICATES_SUM},
    {"loss", "symmetric", JKO_LOSS_SYMMETRIC},
    {"loss", "backward", JKO_LOSS_BACKWARD},
    {"loss", "forward", JKO_LOSS_FORWARD},
    {"weight", "metric", JKO_WEIGHT_METRIC},
    {"weight", "flux", JKO_WEIGHT_FLUX},
    {"zeros", "refuse", JKO_ZEROS_REFUSE},
    {"zeros", "mix", JKO_ZEROS_MIX},
    {"zeros", "leave_out", JKO_ZEROS_LEAVE_OUT},
    {"noise", "gaussian", JKO_NOISE_GAUSSIAN},
    {"noise", "sandwich", JKO_NOISE_SANDWICH},
    {"noise", "blocks", JKO_NOISE_BLOCKS},
};

static const size_t CHOICE_COUNT = sizeof CHOICES / sizeof CHOICES[0];

static const struct {
    const char *name;
    int32_t group;
} GROUPS[] = {
    {"graph", JKO_OPTIONS_GRAPH},         {"geodesic", JKO_OPTIONS_GEODESIC},
    {"bounds", JKO_OPTIONS_BOUND},        {"flow", JKO_OPTIONS_FLOW},
    {"problem", JKO_OPTIONS_FIT},         {"barycentre", JKO_OPTIONS_BARYCENTRE},
    {"ridge", JKO_OPTIONS_RIDGE},         {"flow_fit", JKO_OPTIONS_FLOW_FIT},
    {"count_fit", JKO_OPTIONS_COUNT_FIT},
};

bool same_name(const char *a, const char *b) {
    do {
        a += strspn(a, "_");
        b += strspn(b, "_");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) {
            return false;
        }
    } while (*a++ != '\0' && *b++ != '\0');
    return true;
}

void options_init(int32_t group, Options *options) {
    if (jko_options_size(group) > sizeof *options) {
        fail("structSize", "the options of the library are larger than those of jkoflow_mex");
    }
    require(jko_options_init(group, options, jko_options_size(group)));
}

void options_set_pointer(int32_t group, Options *options, const char *name, void *value) {
    require(jko_options_set_pointer(group, options, name, value));
}

/* What a caller may set: not the pointers, and not what only keeps the struct in shape. */
static bool is_open(int32_t group, size_t k) {
    return jko_options_kind(group, k) != JKO_OPTION_POINTER
           && strcmp(jko_options_name(group, k), "reserved") != 0
           && strcmp(jko_options_name(group, k), "index_base") != 0;
}

int32_t choice_of(const char *option, const mxArray *value) {
    char known[256] = "";
    char *name;
    size_t k;
    if (!is_text(value)) {
        return (int32_t)count_of(value, option);
    }
    name = text_of(value, option);
    for (k = 0; k < CHOICE_COUNT; k++) {
        if (same_name(CHOICES[k].option, option)) {
            size_t used = strlen(known);
            if (same_name(CHOICES[k].name, name)) {
                return CHOICES[k].value;
            }
            snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", CHOICES[k].name);
        }
    }
    fail("badOption", "%s: '%s' is none of: %s", option, name, known);
    return 0;
}

const char *choice_name(const char *option, int32_t value) {
    size_t k;
    for (k = 0; k < CHOICE_COUNT; k++) {
        if (CHOICES[k].value == value && same_name(CHOICES[k].option, option)) {
            return CHOICES[k].name;
        }
    }
    return "";
}

static bool set_option(int32_t group, Options *options, const char *name, const mxArray *value) {
    size_t k, count = group == NO_OPTIONS ? 0 : jko_options_count(group);
    for (k = 0; k < count; k++) {
        const char *own = jko_options_name(group, k);
        if (is_open(group, k) && same_name(own, name)) {
            double v = is_text(value) ? choice_of(own, value) : number_of(value, own);
            require(jko_options_set(group, options, own, v));
            return true;
        }
    }
    return false;
}

static bool set_extra(Extra *extras, const char *name, const mxArray *value) {
    for (; extras != NULL && extras->name != NULL; extras++) {
        if (same_name(extras->name, name)) {
            extras->value = value;
            return true;
        }
    }
    return false;
}

static void append(char *list, size_t size, const char *name) {
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

static bool among(const Extra *extras, const char *name) {
    for (; extras != NULL && extras->name != NULL; extras++) {
        if (same_name(extras->name, name)) {
            return true;
        }
    }
    return false;
}

static void refuse(const char *name, int32_t group, int32_t group2, const Extra *extras) {
    int32_t groups[2];
    char known[512] = "";
    size_t g, k;
    groups[0] = group;
    groups[1] = group2;
    for (g = 0; g < 2; g++) {
        for (k = 0; groups[g] != NO_OPTIONS && k < jko_options_count(groups[g]); k++) {
            if (is_open(groups[g], k) && !among(extras, jko_options_name(groups[g], k))) {
                append(known, sizeof known, jko_options_name(groups[g], k));
            }
        }
    }
    for (; extras != NULL && extras->name != NULL; extras++) {
        append(known, sizeof known, extras->name);
    }
    fail("badOption", "there is no option %s here; the options are: %s", name, known);
}

void options_read(Call *call, int first, int32_t group, Options *options, int32_t group2,
                  Options *options2, Extra *extras) {
    int k;
    for (k = first; k < call->inputs; k += 2) {
        const char *name = text_of(call->input[k], "name of an option");
        const mxArray *value = k + 1 < call->inputs ? call->input[k + 1] : NULL;
        if (value == NULL) {
            fail("badOption", "the option %s has no value", name);
        }
        if (!set_extra(extras, name, value) && !set_option(group, options, name, value)
            && !set_option(group2, options2, name, value)) {
            refuse(name, group, group2, extras);
        }
    }
}

/* options(GROUP): names, defaults and meanings, as a struct array. */
void command_options(Call *call) {
    static const char *FIELDS[] = {"name", "default", "text"};
    const char *name = text_of(call->input[0], "group");
    size_t g, k, row = 0, count, open = 0;
    mxArray *list;
    for (g = 0; g < sizeof GROUPS / sizeof GROUPS[0] && !same_name(GROUPS[g].name, name); g++) {
    }
    if (g == sizeof GROUPS / sizeof GROUPS[0]) {
        char known[256] = "";
        for (g = 0; g < sizeof GROUPS / sizeof GROUPS[0]; g++) {
            append(known, sizeof known, GROUPS[g].name);
        }
        fail("badOption", "group: '%s' is none of: %s", name, known);
    }
    count = jko_options_count(GROUPS[g].group);
    for (k = 0; k < count; k++) {
        open += is_open(GROUPS[g].group, k);
    }
    list = mxCreateStructMatrix(open, 1, 3, FIELDS);
    for (k = 0; k < count; k++) {
        if (is_open(GROUPS[g].group, k)) {
            mxSetFieldByNumber(list, row, 0, mxCreateString(jko_options_name(GROUPS[g].group, k)));
            mxSetFieldByNumber(list, row, 1, number(jko_options_default(GROUPS[g].group, k)));
            mxSetFieldByNumber(list, row, 2, mxCreateString(jko_options_text(GROUPS[g].group, k)));
            row++;
        }
    }
    give(call, 0, list);
}
