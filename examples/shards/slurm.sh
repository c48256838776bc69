#!/bin/sh
# slurm.sh: download one list with a job array of Slurm, and join the results.
#
#     LIST=/shared/urls.txt DIR=/shared/out sbatch --array=0-15%8 slurm.sh
#     sbatch --dependency=afterany:JOB --wrap 'fetchall merge -d /shared/out --report /shared/out.jsonl'
#
# Each task is a shard.  A task that is requeued continues with its own state.  To submit a single
# task again, say which it is, as Slurm counts one task only then:
#
#     FETCHALL_SHARD=3/16 LIST=... DIR=... sbatch slurm.sh
#
#SBATCH --job-name=fetchall
#SBATCH --cpus-per-task=2
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@120
set -eu

# exec: Slurm sends its signals to this process, and fetchall stops within five seconds.
exec "${FETCHALL:-fetchall}" --shard auto --progress plain -d "$DIR" --report "$DIR.jsonl" -- "$LIST"
