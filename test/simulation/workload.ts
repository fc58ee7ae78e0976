import { requestAnalysis, requestResize } from "#core/pipeline/request-work.ts";
import { rebuildIndex } from "#core/search/rebuild-index.ts";
import type { Database } from "#postgres/database.ts";
import { random } from "./random.ts";
import { type FaultProfile, Simulator } from "./simulator.ts";

/** Twenty items, some asked for again, some deleted, all embedded anew, at times the seed chooses. */
export async function busyDay(
	db: Database | null,
	weather: FaultProfile,
): Promise<Simulator> {
	const world = new Simulator(db, weather);
	const chance = random(weather.seed + 1_000);
	const { userId, ports } = world;
	for (let count = 0; count < 20; count++) {
		await world.upload();
		await world.drain(chance.below(600));
		const itemId = world.accepted[chance.below(world.accepted.length)] ?? "";
		if (world.deleted.includes(itemId)) continue;
		const wish = chance.below(10);
		if (wish < 3) {
			await requestAnalysis(ports, userId, itemId, { force: true }).catch(
				refused,
			);
		} else if (wish < 5) {
			await requestResize(ports, userId, itemId).catch(refused);
		} else if (wish < 7) await world.delete(itemId);
		else if (wish < 8) await rebuildIndex(ports, userId, { force: true });
	}
	return world;
}

/** An item may have failed by then; the person is told so. */
function refused(error: { code?: string }) {
	if (error.code !== "item_failed") throw error;
}

/** What must still be there. */
export const remaining = ({ accepted, deleted }: Simulator) =>
	accepted.filter((id) => !deleted.includes(id));
