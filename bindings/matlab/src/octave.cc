/*
 * Ctrl-C in Octave. Its thread for signals takes SIGINT, and `octave_quit`, which the interpreter calls
 * at every step, makes an exception of it: one of C++, which must not pass the library's frames. It is
 * caught here, kept until the library has returned, and thrown again. MATLAB does not need this file.
 */
#include "jkoflow_mex.h"

#include <exception>
#include <octave/quit.h>

static std::exception_ptr kept;

extern "C" bool interrupt_pending(void) {
    try {
        octave_quit();
    } catch (...) {
        kept = std::current_exception();
    }
    return kept != nullptr;
}

extern "C" void interrupt_raise(void) {
    if (kept != nullptr) {
        std::exception_ptr exception = kept;
        kept = nullptr;
        std::rethrow_exception(exception);
    }
}

extern "C" mxArray *call_quietly(int outputs, mxArray **output, int inputs, mxArray **input,
                                 const char *name) {
    try {
        return mexCallMATLABWithTrap(outputs, output, inputs, input, name);
    } catch (...) {
        kept = std::current_exception();
        return mxCreateString("interrupted");
    }
}
