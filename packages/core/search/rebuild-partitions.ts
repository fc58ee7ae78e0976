import type { Ports, VectorSet } from "../ports/index.ts";

/** With fewer vectors, reading every code takes no longer than choosing partitions. */
export const minVectors = 5_000;
const vectorsPerPartition = 150;
/** More would take longer to build and to compare than their smaller size saves. */
const maxPartitions = 400;
/** Partitions are rebuilt when there are this many times more vectors, or fewer. */
const tolerance = 3;
const maxSets = 20;
const batchSize = 500;

interface RebuildReport {
	/** Collections whose partitions were rebuilt. */
	rebuilt: number;
	/** Vectors assigned to a partition. */
	assigned: number;
}

/**
 * Partitions large collections, again when they have grown or shrunk, and assigns their new vectors. A later call goes
 * on with what is not finished by `deadline`; searches find everything meanwhile.
 */
export async function rebuildPartitions(
	{ vectorPartitions, clock }: Pick<Ports, "vectorPartitions" | "clock">,
	{ deadline }: { deadline: Date },
): Promise<RebuildReport> {
	const report: RebuildReport = { rebuilt: 0, assigned: 0 };
	const hasTime = () => clock.now() < deadline;
	const sets = await vectorPartitions.listLarge({ minItems: minVectors, limit: maxSets });
	for (const set of sets) {
		if (!hasTime()) break;
		const { userId, model, vectors } = set;
		if (needsRebuild(set)) {
			const partitions = vectors < minVectors ? 0 : Math.min(maxPartitions, Math.round(vectors / vectorsPerPartition));
			await vectorPartitions.rebuild(userId, model, { partitions, vectors });
			report.rebuilt += 1;
		}
		let assigned = batchSize;
		while (assigned === batchSize && hasTime()) {
			assigned = await vectorPartitions.assign(userId, model, batchSize);
			report.assigned += assigned;
		}
		await vectorPartitions.removeEmpty(userId, model);
	}
	return report;
}

const needsRebuild = ({ vectors, builtFor }: VectorSet) =>
	builtFor === null ? vectors >= minVectors : vectors > builtFor * tolerance || vectors * tolerance < builtFor;
