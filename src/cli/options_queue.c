/*
 * Options about queues.
 */
#include "cli/option_rows.h"

const struct fa_option fa_options_queue[] = {
    GROUP("Queue"),
    TEXT("queue", 0, "URL", queue.url, .commands = ENQUEUE | WORK | STATUS,
         .help = "use the queue at URL",
         .more = "URL is redis://[USER@]HOST[:PORT][/DB][?queue=NAME]; rediss:// for TLS; or "
                 "unix:///SOCKET[?db=DB&queue=NAME].  A NAME, by default \"default\", has letters, "
                 "digits, '-', '_' and '.'.  The password is not part of the URL: see "
                 "--queue-auth.  Redis 6.2 or later is needed."),
    INPUT("queue-auth", queue.auth_file, .commands = ENQUEUE | WORK | STATUS,
          .help = "read the password of the queue from this file",
          .more =
              "The first line of FILE is PASSWORD or USER:PASSWORD.  Without it, the environment "
              "variable FETCHALL_QUEUE_AUTH has the same."),
    INPUT("queue-cacert", queue.cacert, .commands = ENQUEUE | WORK | STATUS,
          .initial = "the system's",
          .help = "verify the queue's server with these CA certificates"),
    UINT("partitions", 0, queue.partitions, 1, 4096, .commands = ENQUEUE,
         .help = "divide a new queue into N partitions",
         .more =
             "A worker leases whole partitions, so there should be several for each worker.  An "
             "existing queue keeps its own number."),
    TIME("lease", queue.lease, 1, 3600, .commands = ENQUEUE,
         .help = "let workers of a new queue be silent for that long",
         .more = "Then the entries of a worker are given to others."),
    UINT("keep-results", 0, queue.results, 0, 1000000000, .commands = ENQUEUE,
         .help = "keep about N results in a new queue",
         .more = "They are a stream of Redis for other programs: see QUEUE."),
    TEXT("worker", 0, "NAME", config.worker, .commands = WORK,
         .help = "share DIR with workers of other names",
         .more =
             "NAME has up to 32 letters, digits, '-', '_' and '.'.  The lock, the parts and the "
             "state of the worker are in DIR/.fetchall/worker-NAME; started again with its name, "
             "it resumes its parts.  Without it, DIR is that of one worker."),
    FLAG("wait", 0, queue.wait, .commands = WORK, .help = "wait for more when the queue is empty"),
    FLAG("follow", 0, queue.follow, .commands = STATUS,
         .help = "with --queue, print again each second until the queue is empty"),
    {.type = FA_OPTION_END},
};
