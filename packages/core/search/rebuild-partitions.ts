import type { Ports, VectorSet } from "../ports/index.ts";

/** Below it reading every code takes no longer than choosing among cells. */
const minVectors = 5_000;
const vectorsPerCell = 150;
/** More would take longer to find, and to choose among, than their smaller size saves. */
const maxCells = 400;
/** A division is made anew when there are this many times more vectors, or fewer. */
const tolerance = 3;
const setsAtOnce = 20;
const movedAtOnce = 500;

export interface RebuildReport {
	divided: number;
	moved: number;
}

/**
 * Divides large collections' vectors into cells, and divides them anew when they have grown or shrunk. What it does not
 * finish by `deadline` a later call goes on with; searches find everything meanwhile.
 */
export async function rebuildPartitions(
	{ vectorPartitions, clock }: Pick<Ports, "vectorPartitions" | "clock">,
	{ deadline }: { deadline: Date },
): Promise<RebuildReport> {
	const report: RebuildReport = { divided: 0, moved: 0 };
	const hasTime = () => clock.now() < deadline;
	const sets = await vectorPartitions.large({
		minItems: minVectors,
		limit: setsAtOnce,
	});
	for (const set of sets) {
		if (!hasTime()) break;
		const { userId, model, vectors } = set;
		if (wantsDivision(set)) {
			const cells =
				vectors < minVectors
					? 0
					: Math.min(maxCells, Math.round(vectors / vectorsPerCell));
			await vectorPartitions.divide(userId, model, { cells, vectors });
			report.divided += 1;
		}
		let moved = movedAtOnce;
		while (moved === movedAtOnce && hasTime()) {
			moved = await vectorPartitions.move(userId, model, movedAtOnce);
			report.moved += moved;
		}
		await vectorPartitions.removeEmpty(userId, model);
	}
	return report;
}

const wantsDivision = ({ vectors, dividedWith }: VectorSet) =>
	dividedWith === null
		? vectors >= minVectors
		: vectors > dividedWith * tolerance || vectors * tolerance < dividedWith;
