/* The terms of an energy that is to be learned, as a cell array names them. */
#include "jkoflow_mex.h"

/* One term: its name, and the arguments after it. */
typedef struct {
    const char *name;
    const mxArray *cell; /* NULL for a name alone */
    int inputs;
} Term;

static const mxArray *input(const Term *term, int k, const char *name) {
    const mxArray *value = term->cell != NULL && k < term->inputs ? mxGetCell(term->cell, k + 1) : NULL;
    if (value == NULL) {
        fail("usage", "the term %s needs %s", term->name, name);
    }
    return value;
}

static jko_status add_potential(jko_terms *terms, const Term *term) {
    (void)term;
    return jko_terms_add_potential(terms);
}

static jko_status add_potential_in(jko_terms *terms, const Term *term) {
    Matrix f = columns_of(input(term, 0, "functions"), "functions");
    return jko_terms_add_potential_in(terms, f.data, f.rows, f.cols, f.row_stride, f.col_stride);
}

static jko_status add_entropy(jko_terms *terms, const Term *term) {
    (void)term;
    return jko_terms_add_entropy(terms);
}

static jko_status add_power(jko_terms *terms, const Term *term) {
    return jko_terms_add_power(terms, number_of(input(term, 0, "a power"), "power"));
}

static jko_status add_by_hops(jko_terms *terms, const Term *term) {
    return jko_terms_add_interaction_by_hops(terms,
                                             (int64_t)count_of(input(term, 0, "a reach"), "reach"));
}

static jko_status add_by_distance(jko_terms *terms, const Term *term) {
    Matrix d = columns_of(input(term, 0, "distances"), "distances");
    Vector edges = vector_of(input(term, 1, "edges of bins"), "edges");
    return jko_terms_add_interaction_by_distance(terms, d.data, d.rows, d.cols, d.row_stride,
                                                 d.col_stride, edges.data, edges.len);
}

static jko_status add_radial(jko_terms *terms, const Term *term) {
    Matrix d = columns_of(input(term, 0, "distances"), "distances");
    Vector centres = vector_of(input(term, 1, "centres"), "centres");
    double width = number_of(input(term, 2, "a width"), "width");
    return jko_terms_add_interaction_radial(terms, d.data, d.rows, d.cols, d.row_stride, d.col_stride,
                                            centres.data, centres.len, width);
}

static jko_status add_matrix(jko_terms *terms, const Term *term) {
    const char *name = text_of(input(term, 0, "a name"), "name");
    Matrix w = columns_of(input(term, 1, "a matrix"), "matrix");
    return jko_terms_add_interaction_matrix(terms, name, w.data, w.rows, w.cols, w.row_stride,
                                            w.col_stride);
}

static jko_status add_full(jko_terms *terms, const Term *term) {
    (void)term;
    return jko_terms_add_full_interaction(terms);
}

static jko_status add_given(jko_terms *terms, const Term *term) {
    const char *name = text_of(input(term, 0, "a name"), "name");
    return jko_terms_add_given(terms, name, (int64_t)count_of(input(term, 1, "a count"), "count"));
}

static const struct {
    const char *name;
    int inputs;
    jko_status (*add)(jko_terms *terms, const Term *term);
} TERM_KINDS[] = {
    {"potential", 0, add_potential},
    {"potential_in", 1, add_potential_in},
    {"entropy", 0, add_entropy},
    {"power", 1, add_power},
    {"interaction_by_hops", 1, add_by_hops},
    {"interaction_by_distance", 2, add_by_distance},
    {"interaction_radial", 3, add_radial},
    {"interaction_matrix", 2, add_matrix},
    {"full_interaction", 0, add_full},
    {"given", 2, add_given},
};

/* `'Bounds', [lower upper]` after the term's own arguments. */
static void set_bounds(jko_terms *terms, size_t number, const Term *term, int first) {
    Vector bounds;
    if (term->inputs == first) {
        return;
    }
    if (!same_name(text_of(input(term, first, "bounds"), "term"), "bounds")) {
        fail("badOption", "the term %s: only 'Bounds' may follow its arguments", term->name);
    }
    bounds = vector_of(input(term, first + 1, "bounds"), "Bounds");
    if (bounds.len != 2) {
        fail("lengthMismatch", "the term %s: Bounds are [lower upper]", term->name);
    }
    require(jko_terms_set_bounds(terms, (int64_t)number, bounds.data[0], bounds.data[1]));
}

static void add(jko_terms *terms, size_t number, const mxArray *argument) {
    Term term = {NULL, NULL, 0};
    size_t k;
    if (mxIsCell(argument) && mxGetNumberOfElements(argument) > 0) {
        term.cell = argument;
        term.inputs = (int)mxGetNumberOfElements(argument) - 1;
        argument = mxGetCell(argument, 0);
    }
    term.name = text_of(argument, "term");
    for (k = 0; k < sizeof TERM_KINDS / sizeof TERM_KINDS[0]; k++) {
        if (same_name(TERM_KINDS[k].name, term.name)) {
            require(TERM_KINDS[k].add(terms, &term));
            set_bounds(terms, number, &term, TERM_KINDS[k].inputs);
            return;
        }
    }
    fail("badOption", "there is no term called %s", term.name);
}

static jko_terms *default_terms(void) {
    jko_terms *terms = NULL;
    require(jko_terms_new(&terms));
    adopt(TERMS, terms);
    require(jko_terms_add_potential(terms));
    require(jko_terms_add_entropy(terms));
    return terms;
}

jko_terms *terms_of(const mxArray *argument) {
    jko_terms *terms = NULL;
    size_t k;
    if (argument == NULL) {
        return default_terms();
    }
    if (!mxIsCell(argument)) {
        fail("badType",
             "Terms: a cell array is needed, such as {'potential', 'entropy', {'power', 2}}");
    }
    require(jko_terms_new(&terms));
    adopt(TERMS, terms);
    for (k = 0; k < mxGetNumberOfElements(argument); k++) {
        add(terms, k, mxGetCell(argument, k));
    }
    return terms;
}

size_t count_of_terms(const mxArray *argument) {
    return argument == NULL ? 2 : mxGetNumberOfElements(argument);
}

size_t number_of_potential(const mxArray *argument) {
    size_t count = count_of_terms(argument), k;
    for (k = 0; argument != NULL && k < count; k++) {
        const mxArray *term = mxGetCell(argument, k);
        if (same_name(text_of(mxIsCell(term) ? mxGetCell(term, 0) : term, "term"), "potential")) {
            return k;
        }
    }
    return argument == NULL ? 0 : count;
}
