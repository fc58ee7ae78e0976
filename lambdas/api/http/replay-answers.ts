import { createHash, type Hash } from "node:crypto";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { AppError } from "#core/errors.ts";
import type { IdempotencyKeys, KeptAnswer, KeyClaim } from "#core/ports/index.ts";
import { log } from "#lambda-kit/log.ts";
import type { GuardedRoute } from "../routes/table.ts";
import type { ApiEnv, ReplayPorts } from "./api-env.ts";

/** Returns whether a client may name a request by an `Idempotency-Key`. What reads and searches changes nothing. */
export const acceptsIdempotencyKey = ({ method, limit, streamed }: GuardedRoute) =>
	method === "POST" && limit !== "search" && limit !== "read" && !streamed;

/** Refuses a key whose answer could not be given again: a stream is not kept. */
export const refuseIdempotencyKey = createMiddleware<ApiEnv>(async (c, next) => {
	if (c.req.header("idempotency-key") === undefined) return next();
	throw new AppError(
		"invalid_request",
		"A streamed answer takes no Idempotency-Key: leave it out. A message that is sent again continues its turn.",
	);
});

/**
 * Carries out a request with an `Idempotency-Key` once: the same request with the key gets the first one's answer again,
 * for a day. Only a successful answer is kept; after any other the request may run again.
 */
export const replayAnswers = createMiddleware<ApiEnv>(async (c, next) => {
	const key = c.req.header("idempotency-key");
	if (key === undefined) return next();
	if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
		throw new AppError(
			"invalid_request",
			"The header Idempotency-Key is not 1 to 255 visible ASCII characters: send a UUID, for example.",
		);
	}
	const { idempotencyKeys, items } = c.get("replay");
	const userId = c.get("userId");
	const found = await idempotencyKeys.claim(userId, key, await fingerprintOf(c)).catch((cause) => {
		throw new AppError(
			"idempotency_unavailable",
			"Whether this request was carried out before cannot be looked up for the moment: send it again.",
			{ cause },
		);
	});
	switch (found.state) {
		case "claimed":
			await next();
			await settle(idempotencyKeys, userId, found.claim, c.res, c.get("itemsInText"), c.get("isSecret"));
			return;
		case "running":
			throw new AppError(
				"idempotency_key_busy",
				"The first request with this Idempotency-Key has no answer yet: send it again for that answer.",
			);
		case "other":
			throw new AppError(
				"idempotency_key_reused",
				"This Idempotency-Key came with another request (its path or its body differ): take a new key for a new request.",
			);
		case "answered": {
			const { answer } = found;
			if (!answer || !(await itemsStillExist(items, userId, answer))) {
				throw new AppError(
					"answer_not_kept",
					"The request with this Idempotency-Key was carried out, and its answer is not kept (it was too large, showed a secret, or an item in it has been deleted since): read what it made.",
				);
			}
			return c.body(answer.body, answer.status as 200, { ...answer.headers, "idempotency-replayed": "true" });
		}
	}
});

/** Identifies a request. Two encodings of a form have other boundaries, so a form is what its parts are. */
async function fingerprintOf(c: Context): Promise<string> {
	const hash = createHash("sha256").update(`${c.req.method} ${c.req.path}\n`);
	const bytes = await c.req.arrayBuffer();
	const type = c.req.header("content-type") ?? "";
	// What cannot be read as a form is refused later, by the route's schema.
	const form = type.startsWith("multipart/")
		? await new Response(bytes, { headers: { "content-type": type } }).formData().catch(() => null)
		: null;
	if (form) await updateWithForm(hash, form);
	else hash.update(new Uint8Array(bytes));
	return hash.digest("base64url");
}

async function updateWithForm(hash: Hash, form: FormData): Promise<void> {
	for (const [name, value] of form) {
		const content = typeof value === "string" ? Buffer.from(value) : new Uint8Array(await value.arrayBuffer());
		const filename = typeof value === "string" ? null : value.name;
		// The length tells where a part ends.
		hash.update(`${JSON.stringify([name, filename, content.length])}\n`).update(content);
	}
}

/** The headers that belong to a body. */
const keptHeaders = ["content-type", "location"];

async function settle(
	keys: IdempotencyKeys,
	userId: string,
	claim: KeyClaim,
	answer: Response,
	itemsInText: string[] = [],
	isSecret = false,
): Promise<void> {
	try {
		if (!answer.ok) return await keys.forget(userId, claim);
		const headers = keptHeaders.flatMap((name) => {
			const value = answer.headers.get(name);
			return value === null ? [] : [[name, value]];
		});
		const body = await answer.clone().text();
		await keys.keep(userId, claim, {
			status: answer.status,
			headers: Object.fromEntries(headers),
			body: isSecret ? null : body,
			itemIds: [...itemIdsIn(JSON.parse(body), new Set(itemsInText))],
		});
	} catch (error) {
		// The client has its answer. The claim ends by itself, and a repeated request runs again.
		log.warn("an answer was not kept for its Idempotency-Key", { error });
	}
}

/** Returns whether every item of an answer still exists: what is deleted never comes back. */
async function itemsStillExist(items: ReplayPorts["items"], userId: string, { itemIds }: KeptAnswer): Promise<boolean> {
	return (await items.existing(userId, itemIds)).length === itemIds.length;
}

/** Adds the ids of the items that a body names in a field. */
function itemIdsIn(value: unknown, ids: Set<string>): Set<string> {
	if (typeof value !== "object" || value === null) return ids;
	const { id, item_id, original_filename } = value as Record<string, unknown>;
	if (typeof item_id === "string") ids.add(item_id);
	// An item itself has its id as `id`.
	if (typeof id === "string" && original_filename !== undefined) ids.add(id);
	for (const part of Object.values(value)) itemIdsIn(part, ids);
	return ids;
}
