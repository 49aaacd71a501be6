/* Arguments as the library takes them, and results as the caller takes them. */
#include "jkoflow_mex.h"

/* The index arrays of sparse matrices go to the library as they are. */
typedef char indices_have_64_bits[sizeof(mwIndex) == sizeof(int64_t) ? 1 : -1];

static bool is_real(const mxArray *argument) {
    return mxIsDouble(argument) && !mxIsComplex(argument);
}

/* What an argument is in place of real doubles. */
static const char *kind_of(const mxArray *argument) {
    if (mxIsNumeric(argument) && mxIsComplex(argument)) {
        return "complex ";
    }
    return mxIsSparse(argument) ? "sparse " : "";
}

Vector vector_of(const mxArray *argument, const char *name) {
    Vector vector = {NULL, 0};
    if (!is_real(argument) || mxIsSparse(argument)) {
        fail("badType", "%s: a full array of real doubles is needed, not %s%s", name, kind_of(argument),
             mxGetClassName(argument));
    }
    vector.len = mxGetNumberOfElements(argument);
    vector.data = vector.len > 0 ? mxGetPr(argument) : NULL;
    return vector;
}

Matrix columns_of(const mxArray *argument, const char *name) {
    Vector vector = vector_of(argument, name);
    Matrix matrix;
    if (mxGetNumberOfDimensions(argument) != 2) {
        fail("badType", "%s: a matrix is needed", name);
    }
    matrix.data = vector.data;
    matrix.rows = mxGetN(argument);
    matrix.cols = mxGetM(argument);
    matrix.row_stride = (ptrdiff_t)mxGetM(argument);
    matrix.col_stride = 1;
    return matrix;
}

Sparse sparse_of(const mxArray *argument, const char *name) {
    Sparse sparse;
    if (!is_real(argument) || !mxIsSparse(argument)) {
        fail("badType", "%s: a sparse matrix of real doubles is needed, not %s%s", name,
             kind_of(argument), mxGetClassName(argument));
    }
    if (mxGetM(argument) != mxGetN(argument)) {
        fail("lengthMismatch", "%s: a square matrix is needed, not %zu by %zu", name,
             (size_t)mxGetM(argument), (size_t)mxGetN(argument));
    }
    sparse.rows = mxGetN(argument);
    sparse.start = (const int64_t *)mxGetJc(argument);
    sparse.index = (const int64_t *)mxGetIr(argument);
    sparse.value = mxGetPr(argument);
    sparse.entries = (size_t)sparse.start[sparse.rows];
    return sparse;
}

double number_of(const mxArray *argument, const char *name) {
    if ((!is_real(argument) && !mxIsLogical(argument)) || mxGetNumberOfElements(argument) != 1) {
        fail("badType", "%s: a single real number is needed, not %s%s with %zu entries", name,
             kind_of(argument), mxGetClassName(argument), (size_t)mxGetNumberOfElements(argument));
    }
    return mxGetScalar(argument);
}

/* Doubles are exact up to here. */
static const double MOST = 9007199254740992.0;
static const char NO_COUNT[] = "%s: %g is no whole number from 0 to 2^53";

static bool is_count(double value) {
    return value >= 0.0 && value <= MOST && value == (double)(int64_t)value;
}

size_t count_of(const mxArray *argument, const char *name) {
    double value = number_of(argument, name);
    if (!is_count(value)) {
        fail("badValue", NO_COUNT, name, value);
    }
    return (size_t)value;
}

bool truth_of(const mxArray *argument, const char *name) {
    return number_of(argument, name) != 0.0;
}

bool is_text(const mxArray *argument) {
    return mxIsChar(argument) || mxIsClass(argument, "string");
}

char *text_of(const mxArray *argument, const char *name) {
    mxArray *characters = (mxArray *)argument;
    char *text;
    if (mxIsClass(argument, "string")) {
        mexCallMATLAB(1, &characters, 1, &characters, "char");
    }
    text = mxIsChar(characters) ? mxArrayToString(characters) : NULL;
    if (text == NULL) {
        fail("badType", "%s: text is needed, not %s", name, mxGetClassName(argument));
    }
    return text;
}

size_t *counts_of(const mxArray *argument, const char *name, size_t *len) {
    Vector vector = vector_of(argument, name);
    size_t *counts = mxMalloc((vector.len + 1) * sizeof *counts), k;
    for (k = 0; k < vector.len; k++) {
        if (!is_count(vector.data[k])) {
            fail("badValue", NO_COUNT, name, vector.data[k]);
        }
        counts[k] = (size_t)vector.data[k];
    }
    *len = vector.len;
    return counts;
}

int64_t *indices_of(const mxArray *argument, const char *name, size_t *len) {
    size_t *counts = counts_of(argument, name, len), k;
    int64_t *indices = mxMalloc((*len + 1) * sizeof *indices);
    for (k = 0; k < *len; k++) {
        indices[k] = (int64_t)counts[k];
    }
    return indices;
}

void give(Call *call, int k, mxArray *value) {
    if (k == 0 || k < call->outputs) {
        call->output[k] = value;
    }
}

mxArray *column(size_t len) {
    return mxCreateDoubleMatrix(len, 1, mxREAL);
}

mxArray *number(double value) {
    return mxCreateDoubleScalar(value);
}

mxArray *truth(bool value) {
    return mxCreateLogicalScalar(value);
}

mxArray *structure(void) {
    return mxCreateStructMatrix(1, 1, 0, NULL);
}

void put(mxArray *structure, const char *field, mxArray *value) {
    mxSetFieldByNumber(structure, 0, mxAddField(structure, field), value);
}

char *text_buffer(size_t size) {
    return mxCalloc(size + 1, 1);
}
