// What Swift's Glibc module leaves out: malloc's knobs, a thread's name, and how it is scheduled.
#include <linux/sched/types.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of the calling thread; glibc has this from 2.41 on. Returns 0, or -1 and errno.
static inline int setOwnScheduling(const struct sched_attr *attributes) {
    return (int)syscall(SYS_sched_setattr, 0, attributes, 0);
}

// The calling thread's, cut to 15 bytes. prctl takes a variable number of arguments, which Swift doesn't call.
static inline int setOwnName(const char *name) {
    return prctl(PR_SET_NAME, name);
}
