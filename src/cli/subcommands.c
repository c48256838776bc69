#include "cli/subcommands.h"

#include <string.h>

/* Two spaces separate sentences: man.c starts a new line there. */
const struct fa_command_text fa_subcommands_table[] = {
    {FA_COMMAND_STATUS, "status", "", "report what the state of DIR contains",
     "Counts the files that are done, the failed entries (by class and by host), the part files "
     "that will be resumed, and the entries that the last run read but did not finish.  Invalid "
     "lines, which have no file name, are not in the state.  If a run is in progress, its process "
     "ID is printed.  The exit status is 0 whatever the state contains, 2 if there is no state, "
     "and 4 if it cannot be read."},
    {FA_COMMAND_VERIFY, "verify", "", "verify the files of DIR",
     "Reads each file that is done according to the state, and compares its size and digest with "
     "those recorded when it was downloaded.  Missing, changed and unreadable files are named on "
     "standard output.  Unknown files, which are not in the state (with --manifest, not in the "
     "manifest), are named, too; they are not an error.  The exit status is 0 if all files match, "
     "3 if a file is missing or has changed, 4 if one cannot be read, and 2 if there is no state.  "
     "A file that a run replaces at the same time may be reported as changed."},
    {FA_COMMAND_MERGE, "merge", " [STATE...]", "join the states, reports and manifests of shards",
     "Joins the states of the shards in DIR into the state of DIR, as a run without --shard would "
     "have written it, and removes them; status, verify and --retry-failed then work on the whole. "
     " Given STATEs are only read: each is a state, or a directory with the states of shards, and "
     "their files must have been moved to DIR.  Shards without a state, shards that were not "
     "finished, and files that two states have are named on standard output.  A merge that is "
     "killed can be repeated.  A state with files in archives (--output) is refused.  The exit "
     "status is 0; 1 if a shard is missing or unfinished, or if "
     "two states disagree; 2 if there is nothing to merge, or it is refused; and 4 if a file "
     "cannot be read or written."},
    {FA_COMMAND_ENQUEUE, "enqueue", " LIST...", "put the entries of lists into a queue for workers",
     "Reads the lists, names the files, and puts each entry into the queue of --queue, which is made "
     "if there is none.  An entry whose URL and name are known is not put again, so the command can "
     "be repeated, and can run while workers do.  What a list that is a pipe has brought is put after "
     "two seconds at most.  If the queue is full, it waits.  See QUEUE.  The "
     "exit status is 0; 1 if a line is invalid; 2 if a list or the queue cannot be used."},
    {FA_COMMAND_WORK, "work", "", "download entries of a queue",
     "A worker of the queue of --queue: any number of them, on any number of machines, download what "
     "fetchall enqueue puts there.  It ends when the queue is empty and no fetchall enqueue is "
     "running; with --wait, by a signal.  See QUEUE.  The exit status says how its own entries ended, "
     "as in EXIT STATUS."},
    {FA_COMMAND_DOCTOR, "doctor", " [LIST...]", "check what a run needs here",
     "Checks the limit of open files, the clock, name servers, routes, certificates, proxies, the "
     "disk of DIR and the version of libcurl, and says what to do.  With LISTs, reads them, and "
     "connects to the addresses of their first eight hosts, unless there is a proxy; it requests "
     "nothing.  The exit status is 0, or 1 if a run would fail.  With --host instead, prints the section of --hosts that applies to "
     "that host, and the options that a run with this command line would use there.  Values of headers and passwords are replaced by "
     "***.  Then the exit status is 0, or 2 if an option is wrong."},
    {FA_COMMAND_EXPLAIN, "explain", " [CLASS]", "explain a class of failures",
     "Prints what CLASS means, its usual causes, and what helps.  Without CLASS, all classes are "
     "listed.  The exit status is 0, or 2 if there is no such class."},
    {FA_COMMAND_COMPARE, "compare", " LIST...", "find the best strategy for a LIST on this network",
     "Takes a sample of the lists, evenly over their hosts, and runs fetchall with each strategy "
     "several times on this sample.  The order changes from round to round.  The first round is a "
     "warm-up and does not count.  Downloaded files go to a directory below DIR and are removed.  "
     "The number of requests is printed at the start, and the number of bytes after the warm-up.  "
     "--budget and --max-bytes limit the comparison.  A signal ends it, and the results so far "
     "are printed.  Download options are passed to each run.  At the end, it prints a table of "
     "measurements with 95 % confidence intervals, and the command line to use.  If several "
     "strategies are equally fast within the noise, that is the one that needs less CPU time or "
     "memory.  There is no command line if too few rounds were completed, if all failed, or if "
     "the network changed during the comparison.  The exit status is 0 if there was something to "
     "compare, even if entries failed; 1 if no round was completed; otherwise as in EXIT STATUS."},
    {0},
};

const struct fa_command_text *fa_subcommands_find(const char *name)
{
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const struct fa_command_text *fa_subcommands_of(enum fa_command command)
{
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        if (row->command == command)
            return row;
    return NULL;
}
