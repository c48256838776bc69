/**
 * The code that runs inside the keeper process: see pool/keeper.h.
 */
#ifndef FA_POOL_KEEPING_H
#define FA_POOL_KEEPING_H

/** The environment variable that announces it. */
#define FA_KEEPER_VARIABLE "FETCHALL_KEEPER"

/** Programs that it can be given. */
#define FA_KEEPER_PROGRAMS_MAX 4

/** Environment variables of a command begin with this. */
#define FA_KEEPER_PREFIX "FETCHALL_"

/** Bytes of a line of output; longer ones are split. */
#define FA_KEEPER_LINE_MAX 1000

/** In the flags of a program in FA_FRAME_PROGRAMS: its only word is the text of a shell. */
#define FA_KEEPER_SHELL 1u

/** Bits of FA_FRAME_RUN: what its descriptors are, in this order. */
enum fa_keeper_files {
    FA_KEEPER_INPUT = 1 << 0,
    FA_KEEPER_OUTPUT = 1 << 1,
};

/** In the value of FA_FRAME_ENDED, besides the wait status. */
#define FA_KEEPER_TIMED_OUT (UINT64_C(1) << 32)

/** If the program was started as a keeper, act as one and never return; else return. */
void fa_keeping_main(void);

#endif
