#!/bin/sh
# Workers of a study as a Slurm array: sbatch --export=ALL,STORE=postgresql://db.example.org/dovetail slurm-worker.sh
# The password, where there is one, is in ~/.pgpass. Slurm's SIGTERM at the end of the time returns the trial in work at once;
# a task that is killed loses its lease, and another worker does the trial again.
#SBATCH --job-name=dovetail
#SBATCH --array=0-31
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --signal=TERM@30
#SBATCH --output=dovetail-%A_%a.log

: "${STORE:?set STORE to the address of the database}"
exec dovetail worker --store "$STORE" ${STUDY:+--study "$STUDY"} --threads "${SLURM_CPUS_PER_TASK:-1}" --idle 10m
