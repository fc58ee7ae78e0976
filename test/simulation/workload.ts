import { editItem } from "#core/items/edit-item.ts";
import { requestAnalysis, requestResize } from "#core/pipeline/request-work.ts";
import { rebuildIndex } from "#core/search/rebuild-index.ts";
import type { Database } from "#postgres/database.ts";
import type { FaultProfile } from "./fault-profile.ts";
import { random } from "./random.ts";
import { Simulator } from "./simulator.ts";

/** Uploads twenty items, requests new analyses and thumbnails, edits and deletes some and rebuilds the index, at times that the seed chooses. */
export async function runWorkload(db: Database | null, faultProfile: FaultProfile): Promise<Simulator> {
	const simulator = new Simulator(db, faultProfile);
	const chance = random(faultProfile.seed + 1_000);
	const { userId, ports } = simulator;
	for (let count = 0; count < 20; count++) {
		await simulator.upload();
		await simulator.drain(chance.below(600));
		const itemId = simulator.accepted[chance.below(simulator.accepted.length)] ?? "";
		if (simulator.deleted.includes(itemId)) continue;
		const choice = chance.below(10);
		if (choice < 3) {
			await requestAnalysis(ports, userId, itemId, { force: true }).catch(ignoreFailedItem);
		} else if (choice < 5) {
			await requestResize(ports, userId, itemId).catch(ignoreFailedItem);
		} else if (choice < 7) await simulator.delete(itemId);
		else if (choice < 8) await rebuildIndex(ports, userId, { force: true });
		else if (choice < 9) await editItem(ports, userId, itemId, { headline: `Edited ${count}`, tags: ["edited"] });
	}
	return simulator;
}

/** Accepts the refusal of a request for an item that has failed by then. */
function ignoreFailedItem(error: { code?: string }) {
	if (error.code !== "item_failed") throw error;
}

/** The items that must still exist. */
export const undeletedItems = ({ accepted, deleted }: Simulator) => accepted.filter((id) => !deleted.includes(id));
