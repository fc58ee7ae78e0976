import { maxAttempts } from "#core/ports/index.ts";
import type { Snapshot } from "./snapshot.ts";

/** The facts of a run that the rows do not hold. */
export interface RunRecord {
	/** Items whose upload was answered: each must exist unless deleted. */
	accepted: string[];
	/** Items that must be `ready`: `failed` is not enough. */
	ready?: string[];
	/** Items whose deletion was answered. */
	deleted?: string[];
	/** Calls of a model by item. */
	modelCalls?: Map<string, number>;
	/** Published events by item. */
	events?: Map<string, number>;
	/** Events published after everything had ended. */
	lateEvents?: string[];
}

/** Events of one item: eight attempts of three stages, their restarts by the sweeper, and as many for each request. */
const maxEvents = 60;

/**
 * Checks a pipeline at rest against the invariants I1 to I7 (docs/decisions/0001). Returns a sentence for each
 * violation. Every test of faults ends with it.
 */
export function violationsAtRest(snapshot: Snapshot, record: RunRecord): string[] {
	const found = violationsAtAnyTime(snapshot);
	const report = reportTo(found);
	const deleted = new Set(record.deleted);
	const items = new Map(snapshot.items.map((item) => [item.id, item]));

	for (const item of snapshot.items) {
		const { id } = item;
		const versions = rowsOf(snapshot.analyses, id)
			.map(({ version }) => version)
			.sort((a, b) => a - b);
		const requests = rowsOf(snapshot.requests, id);
		const analyzed = requests.filter(({ kind, status }) => kind === "analyze" && status === "done");

		// I1: one analysis for the upload and for each request.
		if (versions.some((version, index) => version !== index + 1)) {
			report("I1", id, `has the versions ${versions}, which do not count up by one`);
		}
		if (versions.length > 1 + analyzed.length) {
			report("I1", id, `has ${versions.length} analyses, and ${analyzed.length} were requested`);
		}
		const named = analyzed.map(({ analysisId }) => analysisId);
		if (new Set(named).size < named.length || named.includes(null)) {
			report("I1", id, "has requests that share an analysis, or name none");
		}

		// I2: every item and request ends with a status and, where failed, a code.
		if (item.status !== "ready" && item.status !== "failed") {
			report("I2", id, `is still ${item.status}`);
		}
		if (item.status === "failed" && !item.errorCode) {
			report("I2", id, "failed without a code");
		}
		if (record.ready?.includes(id) && item.status !== "ready") {
			report("I2", id, `ended ${item.status} (${item.errorCode}) and not ready`);
		}
		if (item.errorCode === "duplicate" && snapshot.objects.some((key) => key.includes(id))) {
			report("I2", id, "is a duplicate and still has bytes");
		}
		if (item.leased) report("I2", id, "is still leased");
		if (item.status === "ready" && item.attempts !== 0) {
			report("I2", id, `is ready with ${item.attempts} attempts counted`);
		}
		for (const { kind, status } of requests) {
			if (status === "pending") report("I2", id, `has an open request to ${kind}`);
		}
		for (const { type } of rowsOf(snapshot.outbox, id)) {
			report("I2", id, `has an unsent ${type}`);
		}

		if (item.status === "ready") {
			for (const key of keysOf(item)) {
				if (!snapshot.objects.includes(key)) report("I2", id, `is ready without ${key}`);
			}
		}

		// I5: each attempt may call a model once.
		const calls = record.modelCalls?.get(id) ?? 0;
		const allowed = maxAttempts * (1 + requests.length);
		if (calls > allowed) {
			report("I5", id, `cost ${calls} calls of a model, ${allowed} are allowed`);
		}
		const events = record.events?.get(id) ?? 0;
		if (events > maxEvents * (1 + requests.length)) {
			report("I6", id, `caused ${events} events`);
		}
	}

	// I2 and I3: no accepted item is lost, no deleted item comes back.
	for (const id of record.accepted) {
		if (!items.has(id) && !deleted.has(id)) report("I2", id, "was accepted and is lost");
	}
	for (const id of deleted) {
		if (items.has(id)) report("I3", id, "was deleted and exists");
	}
	for (const { itemId } of snapshot.tombstones) {
		report("I3", itemId, "is deleted and its tombstone stays");
	}

	for (const key of snapshot.objects) {
		const [, userId, id] = /^(?:originals|derived)\/([^/]+)\/([0-9a-f-]{36})[./]/.exec(key) ?? [];
		const item = items.get(id ?? "");
		if (!item) found.push(`I3: the object ${key} belongs to no item`);
		else if (item.userId !== userId) {
			found.push(`I4: the object ${key} belongs to another user's item`);
		}
	}

	for (const event of record.lateEvents ?? []) {
		found.push(`I6: ${event} was published after everything had ended`);
	}
	return found;
}

/** Checks what must hold between any two steps: a search never mixes analyses or users. */
export function violationsAtAnyTime(snapshot: Snapshot): string[] {
	const found: string[] = [];
	const report = reportTo(found);
	const items = new Map(snapshot.items.map((item) => [item.id, item]));

	for (const item of snapshot.items) {
		const { id } = item;
		const versions = rowsOf(snapshot.analyses, id).map(({ version }) => version);
		// I7: the document and the embedding belong to the newest analysis.
		const newest = rowsOf(snapshot.analyses, id).find(({ version }) => version === Math.max(...versions));
		if (item.analysisId !== (newest?.id ?? null)) {
			report("I7", id, "has a current analysis that is not its newest");
		}
		const searched = [...rowsOf(snapshot.documents, id), ...rowsOf(snapshot.embeddings, id)];
		if (searched.some(({ analysisId }) => analysisId !== newest?.id)) {
			report("I7", id, "is searched by an older analysis");
		}
		if (item.status === "ready" && searched.length !== 2) {
			report("I7", id, `is ready with ${searched.length} of document and embedding`);
		}
	}
	// I3 and I4: every row belongs to an existing item of the same user.
	const children = Object.entries({
		analysis: snapshot.analyses,
		document: snapshot.documents,
		embedding: snapshot.embeddings,
		event: snapshot.outbox,
		request: snapshot.requests,
	});
	for (const [kind, rows] of children) {
		for (const { itemId, userId } of rows) {
			const owner = items.get(itemId)?.userId;
			if (owner === undefined) report("I3", itemId, `is gone and left its ${kind}`);
			else if (owner !== userId) {
				report("I4", itemId, `has the ${kind} of another user`);
			}
		}
	}
	return found;
}

const rowsOf = <Row extends { itemId: string }>(rows: Row[], id: string) => rows.filter(({ itemId }) => itemId === id);

const reportTo = (found: string[]) => (invariant: string, id: string, text: string) =>
	found.push(`${invariant}: item ${id} ${text}`);

function keysOf({ id, userId, originalKey }: Snapshot["items"][number]) {
	const derived = `derived/${userId}/${id}`;
	return [originalKey, `${derived}/thumbnail.webp`, `${derived}/vision.jpg`];
}
