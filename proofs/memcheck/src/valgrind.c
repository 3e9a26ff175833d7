// The requests of Valgrind are macros of assembly, so C has to make them. Without Valgrind they do nothing.
#include <stddef.h>
#include <valgrind/memcheck.h>

int memcheck_is_there(void) { return RUNNING_ON_VALGRIND; }
unsigned memcheck_reports(void) { return VALGRIND_COUNT_ERRORS; }
void memcheck_undefined(void *start, size_t len) { (void)VALGRIND_MAKE_MEM_UNDEFINED(start, len); }
void memcheck_defined(void *start, size_t len) { (void)VALGRIND_MAKE_MEM_DEFINED(start, len); }
void memcheck_off(void) { VALGRIND_DISABLE_ERROR_REPORTING; }
void memcheck_on(void) { VALGRIND_ENABLE_ERROR_REPORTING; }
