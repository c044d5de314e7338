// What Swift's Glibc module leaves out: malloc's knobs, a thread's name and how it is scheduled, and the start of a
// program that ends with its starter.
#pragma once

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

// Starts a program that is killed when the calling thread ends, however it ends; posix_spawn has no way to say so. It
// leads a process group of its own, has every signal at its default, /dev/null as standard input, a pipe as standard
// output, this process's standard error, and no other descriptor of this process.
//
// words: the program, looked up in PATH, its arguments, and NULL.
// output: the pipe's reading end.
// Returns 0, or the errno of what failed.
int startProgram(char *const words[], pid_t *started, int *output);
