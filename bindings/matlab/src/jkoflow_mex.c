/* The MEX function: jkoflow_mex(COMMAND, ...) runs a command of the table below. */
#include "jkoflow_mex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void command_version(Call *call) {
    give(call, 0, mxCreateString(jko_version()));
}

typedef struct {
    const char *name;
    int least; /* arguments that it needs */
    void (*run)(Call *call);
} Command;

static const Command COMMANDS[] = {
    {"version", 0, command_version},
    {"options", 1, command_options},
    {"free", 0, command_free},
    {"handles", 0, command_handles},
    {"graph", 1, command_graph},
    {"chain", 4, command_chain},
    {"kernel", 1, command_kernel},
    {"graph_info", 1, command_graph_info},
    {"check_distribution", 2, command_check_distribution},
    {"density", 2, command_density},
    {"mix", 3, command_mix},
    {"centre", 2, command_centre},
    {"mobility", 3, command_mobility},
    {"solver", 1, command_solver},
    {"geodesic", 3, command_geodesic},
    {"bounds", 3, command_bounds},
    {"distance", 3, command_distance},
    {"consecutive", 2, command_consecutive},
    {"distance_matrix", 2, command_distance_matrix},
    {"rate", 3, command_rate},
    {"potential", 3, command_potential},
    {"product", 4, command_product},
    {"exponential", 4, command_exponential},
    {"logarithm", 3, command_logarithm},
    {"path_action", 3, command_path_action},
    {"path_lengths", 2, command_path_lengths},
    {"barycentre", 3, command_barycentre},
    {"barycentre_weights", 3, command_barycentre_weights},
    {"energy", 1, command_energy},
    {"energy_value", 2, command_energy_value},
    {"first_variation", 2, command_first_variation},
    {"second_variation", 3, command_second_variation},
    {"flow", 3, command_flow},
    {"jko_step", 3, command_jko_step},
    {"problem", 1, command_problem},
    {"add_trajectory", 3, command_add_trajectory},
    {"add_pair", 5, command_add_pair},
    {"add_problem", 2, command_add_problem},
    {"pairs", 1, command_pairs},
    {"statistics", 1, command_statistics},
    {"add_statistics", 2, command_add_statistics},
    {"cross_validate", 2, command_cross_validate},
    {"solve", 1, command_solve},
    {"explained", 2, command_explained},
    {"covariance", 3, command_covariance},
    {"flow_fit", 3, command_flow_fit},
    {"count_fit", 3, command_count_fit},
    {"forecast", 3, command_forecast},
    {"forecast_steps", 4, command_forecast_steps},
    {"loss", 3, command_loss},
    {"loss_value", 2, command_loss_value},
};

void mexFunction(int outputs, mxArray **output, int inputs, const mxArray **input) {
    const char *name;
    Call call;
    size_t k;
    call.outputs = outputs;
    call.output = output;
    call.inputs = inputs - 1;
    call.input = input + 1;
    handles_prepare();
    if (jko_abi_version() != JKO_ABI_VERSION) {
        fail("version", "jkoflow_mex was compiled for another version of the library; run build again");
    }
    if (inputs < 1) {
        fail("usage", "the first argument is the name of a command");
    }
    name = text_of(input[0], "command");
    for (k = 0; k < sizeof COMMANDS / sizeof COMMANDS[0]; k++) {
        if (strcmp(name, COMMANDS[k].name) == 0) {
            if (call.inputs < COMMANDS[k].least) {
                fail("usage", "%s needs %d arguments, but %d came", name, COMMANDS[k].least,
                     call.inputs);
            }
            COMMANDS[k].run(&call);
            handles_prepare();
            return;
        }
    }
    fail("usage", "there is no command %s", name);
}

/* Names of the statuses in results and in the identifiers of errors and warnings. */
static const struct {
    jko_status status;
    const char *name;
} STATUSES[] = {
    {JKO_STATUS_OK, "ok"},
    {JKO_STATUS_ITERATION_LIMIT, "iterationLimit"},
    {JKO_STATUS_STALLED, "stalled"},
    {JKO_STATUS_RESOLUTION, "resolution"},
    {JKO_STATUS_MEMORY_LIMIT, "memoryLimit"},
    {JKO_STATUS_CANCELLED, "cancelled"},
    {JKO_STATUS_NULL_POINTER, "nullPointer"},
    {JKO_STATUS_MISALIGNED, "misaligned"},
    {JKO_STATUS_LENGTH_MISMATCH, "lengthMismatch"},
    {JKO_STATUS_NODE_OUT_OF_RANGE, "nodeOutOfRange"},
    {JKO_STATUS_SELF_LOOP, "selfLoop"},
    {JKO_STATUS_DUPLICATE_EDGE, "duplicateEdge"},
    {JKO_STATUS_BAD_VALUE, "badValue"},
    {JKO_STATUS_INVALID_ARGUMENT, "invalidArgument"},
    {JKO_STATUS_NOT_NORMALISED, "notNormalised"},
    {JKO_STATUS_DISCONNECTED, "disconnected"},
    {JKO_STATUS_NOT_REVERSIBLE, "notReversible"},
    {JKO_STATUS_STRUCT_SIZE, "structSize"},
    {JKO_STATUS_BUSY, "busy"},
    {JKO_STATUS_SINGULAR, "singular"},
    {JKO_STATUS_NOT_CONVERGED, "notConverged"},
    {JKO_STATUS_NOT_DETERMINED, "notDetermined"},
    {JKO_STATUS_FLOW_FAILED, "flowFailed"},
    {JKO_STATUS_OUT_OF_MEMORY, "outOfMemory"},
    {JKO_STATUS_INTERNAL, "internal"},
};

const char *status_name(jko_status status) {
    size_t k;
    for (k = 0; k < sizeof STATUSES / sizeof STATUSES[0]; k++) {
        if (STATUSES[k].status == status) {
            return STATUSES[k].name;
        }
    }
    return "internal";
}

static void identify(char *identifier, size_t capacity, const char *name) {
    snprintf(identifier, capacity, "jkoflow:%s", name);
}

void fail(const char *name, const char *format, ...) {
    char identifier[64], message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    identify(identifier, sizeof identifier, name);
    mexErrMsgIdAndTxt(identifier, "%s", message);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Whether a text has an entry of an array, such as mu0[3] or W[1,2]. power[2] is the name of a term. */
static bool names_entry(const char *text) {
    const char *at;
    for (at = strchr(text, '['); at != NULL; at = strchr(at + 1, '[')) {
        bool after_name = at > text && at[-1] != ' ' && is_digit(at[1]);
        if (after_name && (at < text + 5 || strncmp(at - 5, "power", 5) != 0)) {
            return true;
        }
    }
    return false;
}

/* Whether a text has this word and then a number. */
static bool names_number(const char *text, const char *word) {
    const char *at;
    for (at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        if (is_digit(at[strlen(word)])) {
            return true;
        }
    }
    return false;
}

/* Whether a message of the library says where in the caller's data something is. */
static bool names_position(const char *text) {
    static const char *WORDS[] = {"node ",     "edge ",  "row ",        "column ",
                                  "snapshot ", "block ", "references ["};
    size_t k;
    for (k = 0; k < sizeof WORDS / sizeof WORDS[0]; k++) {
        if (names_number(text, WORDS[k])) {
            return true;
        }
    }
    return names_entry(text);
}

/*
 * The library's general text, then what it says about this call. It counts from 0 unlike its callers
 * here, who are told so where it matters.
 */
static void explain(jko_status status, char *message, size_t capacity) {
    const char *meaning = jko_status_message(status);
    char details[768];
    jko_last_error(details, sizeof details);
    if (strncmp(details, meaning, strlen(meaning)) == 0) {
        meaning = ""; /* the details begin with the same words */
    }
    snprintf(message, capacity, "%s%s%s%s", meaning, meaning[0] && details[0] ? ": " : "", details,
             names_position(details) ? " (positions counted from 0)" : "");
}

void check(jko_status status) {
    char identifier[64], message[1024];
    if (status == JKO_STATUS_OK) {
        return;
    }
    if (status < 0) {
        require(status);
    }
    explain(status, message, sizeof message);
    identify(identifier, sizeof identifier, status_name(status));
    mexWarnMsgIdAndTxt(identifier, "%s", message);
}

void require(jko_status status) {
    char message[1024];
    if (status != JKO_STATUS_OK) {
        explain(status, message, sizeof message);
        fail(status_name(status), "%s", message);
    }
}
