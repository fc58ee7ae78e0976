import { maxAttempts } from "#core/ports/index.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a test knows beside the rows. */
export interface Story {
	/** Items whose upload was answered; each must still be there unless deleted. */
	accepted: string[];
	/** Items that must be `ready`, not merely ended. */
	ready?: string[];
	/** Items whose deletion was answered. */
	deleted?: string[];
	/** How often a model was asked about an item. */
	modelCalls?: Map<string, number>;
	/** Events published about an item. */
	events?: Map<string, number>;
	/** Events that were still published after everything had ended. */
	lateEvents?: string[];
}

/** Events of one item: eight attempts of three stages, their restarts by the sweeper, and as many for each request. */
const maxEvents = 60;

/**
 * Holds a pipeline that has come to rest against the invariants I1 to I7 (docs/decisions/0001) and says in
 * sentences what breaks them. Every test of faults asks this one.
 */
export function violations(now: Snapshot, story: Story): string[] {
	const found = violationsAnyTime(now);
	const say = sayTo(found);
	const deleted = new Set(story.deleted);
	const items = new Map(now.items.map((item) => [item.id, item]));

	for (const item of now.items) {
		const { id } = item;
		const versions = of(now.analyses, id)
			.map(({ version }) => version)
			.sort((one, other) => one - other);
		const requests = of(now.requests, id);
		const analyzed = requests.filter(
			({ kind, status }) => kind === "analyze" && status === "done",
		);

		// I1: one result for each thing that asked for one.
		if (versions.some((version, index) => version !== index + 1)) {
			say(
				"I1",
				id,
				`has the versions ${versions}, which do not count up by one`,
			);
		}
		if (versions.length > 1 + analyzed.length) {
			say(
				"I1",
				id,
				`has ${versions.length} analyses, and ${analyzed.length} were asked for`,
			);
		}
		const named = analyzed.map(({ analysisId }) => analysisId);
		if (new Set(named).size < named.length || named.includes(null)) {
			say("I1", id, "has requests that share an analysis, or name none");
		}

		// I2: everything ends, and says how.
		if (item.status !== "ready" && item.status !== "failed") {
			say("I2", id, `is still ${item.status}`);
		}
		if (item.status === "failed" && !item.errorCode) {
			say("I2", id, "failed without a code");
		}
		if (story.ready?.includes(id) && item.status !== "ready") {
			say("I2", id, `ended ${item.status} (${item.errorCode}) and not ready`);
		}
		if (
			item.errorCode === "duplicate" &&
			now.objects.some((key) => key.includes(id))
		) {
			say("I2", id, "is a duplicate and still has bytes");
		}
		if (item.leased) say("I2", id, "is still leased");
		if (item.status === "ready" && item.attempts !== 0) {
			say("I2", id, `is ready with ${item.attempts} attempts counted`);
		}
		for (const { kind, status } of requests) {
			if (status === "pending") say("I2", id, `has an open request to ${kind}`);
		}
		for (const { type } of of(now.outbox, id)) {
			say("I2", id, `has an unsent ${type}`);
		}

		if (item.status === "ready") {
			for (const key of keysOf(item)) {
				if (!now.objects.includes(key))
					say("I2", id, `is ready without ${key}`);
			}
		}

		// I5: each attempt may ask a model once, and attempts are counted.
		const calls = story.modelCalls?.get(id) ?? 0;
		const allowed = maxAttempts * (1 + requests.length);
		if (calls > allowed) {
			say("I5", id, `cost ${calls} calls of a model, ${allowed} are allowed`);
		}
		const events = story.events?.get(id) ?? 0;
		if (events > maxEvents * (1 + requests.length)) {
			say("I6", id, `caused ${events} events`);
		}
	}

	// I2 and I3: nothing that was accepted is lost, nothing that was deleted comes back.
	for (const id of story.accepted) {
		if (!items.has(id) && !deleted.has(id))
			say("I2", id, "was accepted and is lost");
	}
	for (const id of deleted) {
		if (items.has(id)) say("I3", id, "was deleted and is there");
	}
	for (const { itemId } of now.tombstones) {
		say("I3", itemId, "is deleted and its tombstone stays");
	}

	for (const key of now.objects) {
		const [, userId, id] =
			/^(?:originals|derived)\/([^/]+)\/([0-9a-f-]{36})[./]/.exec(key) ?? [];
		const item = items.get(id ?? "");
		if (!item) found.push(`I3: the object ${key} is nobody's`);
		else if (item.userId !== userId) {
			found.push(`I4: the object ${key} is of another user's item`);
		}
	}

	for (const event of story.lateEvents ?? []) {
		found.push(`I6: ${event} was published after everything had ended`);
	}
	return found;
}

/** What holds between any two steps, not only at rest: what a person sees or finds is never mixed, nor another's. */
export function violationsAnyTime(now: Snapshot): string[] {
	const found: string[] = [];
	const say = sayTo(found);
	const items = new Map(now.items.map((item) => [item.id, item]));

	for (const item of now.items) {
		const { id } = item;
		const versions = of(now.analyses, id).map(({ version }) => version);
		// I7: what is searched is of the newest analysis, and of it alone.
		const newest = of(now.analyses, id).find(
			({ version }) => version === Math.max(...versions),
		);
		if (item.analysisId !== (newest?.id ?? null)) {
			say("I7", id, "has a current analysis that is not its newest");
		}
		const searched = [...of(now.documents, id), ...of(now.embeddings, id)];
		if (searched.some(({ analysisId }) => analysisId !== newest?.id)) {
			say("I7", id, "is searched by an older analysis");
		}
		if (item.status === "ready" && searched.length !== 2) {
			say(
				"I7",
				id,
				`is ready with ${searched.length} of document and embedding`,
			);
		}
	}
	// I3 and I4: whatever there is belongs to an item of the same user.
	const children = Object.entries({
		analysis: now.analyses,
		document: now.documents,
		embedding: now.embeddings,
		event: now.outbox,
		request: now.requests,
	});
	for (const [what, rows] of children) {
		for (const { itemId, userId } of rows) {
			const owner = items.get(itemId)?.userId;
			if (owner === undefined)
				say("I3", itemId, `is gone and left its ${what}`);
			else if (owner !== userId) {
				say("I4", itemId, `has the ${what} of another user`);
			}
		}
	}
	return found;
}

const of = <Row extends { itemId: string }>(rows: Row[], id: string) =>
	rows.filter(({ itemId }) => itemId === id);

const sayTo =
	(found: string[]) => (invariant: string, id: string, text: string) =>
		found.push(`${invariant}: item ${id} ${text}`);

function keysOf({ id, userId, originalKey }: Snapshot["items"][number]) {
	const derived = `derived/${userId}/${id}`;
	return [originalKey, `${derived}/thumbnail.webp`, `${derived}/vision.jpg`];
}
