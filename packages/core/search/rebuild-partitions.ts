import type { Ports, VectorSet } from "../ports/index.ts";

/** Below it reading every code takes no longer than choosing among cells. */
const leastVectors = 5_000;
const vectorsPerCell = 150;
/** More would take longer to find, and to choose among, than their smaller size saves. */
const mostCells = 400;
/** A division is made anew when there are this many times more vectors, or fewer. */
const tolerance = 3;
const setsAtOnce = 20;
const movedAtOnce = 500;

export interface DivisionReport {
	divided: number;
	moved: number;
}

/**
 * Divides large collections' vectors into cells, and divides them anew when they have grown or shrunk. What it does not
 * finish by `deadline` a later call goes on with; searches find everything meanwhile.
 */
export async function divideVectors(
	{ vectorCells, clock }: Pick<Ports, "vectorCells" | "clock">,
	{ deadline }: { deadline: Date },
): Promise<DivisionReport> {
	const report: DivisionReport = { divided: 0, moved: 0 };
	const hasTime = () => clock.now() < deadline;
	const sets = await vectorCells.large({
		leastItems: leastVectors,
		limit: setsAtOnce,
	});
	for (const set of sets) {
		if (!hasTime()) break;
		const { userId, model, vectors } = set;
		if (wantsDivision(set)) {
			const cells =
				vectors < leastVectors
					? 0
					: Math.min(mostCells, Math.round(vectors / vectorsPerCell));
			await vectorCells.divide(userId, model, { cells, vectors });
			report.divided += 1;
		}
		let moved = movedAtOnce;
		while (moved === movedAtOnce && hasTime()) {
			moved = await vectorCells.move(userId, model, movedAtOnce);
			report.moved += moved;
		}
		await vectorCells.removeEmpty(userId, model);
	}
	return report;
}

const wantsDivision = ({ vectors, dividedWith }: VectorSet) =>
	dividedWith === null
		? vectors >= leastVectors
		: vectors > dividedWith * tolerance || vectors * tolerance < dividedWith;
