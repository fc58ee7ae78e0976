import { createHash } from "node:crypto";
import type { OptionalStore } from "../optional-store.ts";
import type { Ports } from "../ports/index.ts";
import type { Verification, VerificationSource } from "./verification.ts";

/** A question that has one outcome while the collection stays as it is. */
export interface Question {
	/** A text, or an item whose description is checked against its own picture. */
	subject: { text: string } | { itemId: string };
	sources: VerificationSource[];
	/** As in `ChatRequest.model`. */
	model?: string | undefined;
}

/** How outcomes are kept for the same question. */
export interface CacheOptions {
	/** 0 keeps none. */
	seconds: number;
	/** The code that judges, with its prompt: what another release found does not count. */
	release: string;
	/** Asks the cache, without which the question is judged where it does not answer. */
	ask: OptionalStore;
}

/** The place of one question's outcome. */
export interface CacheEntry {
	find(): Promise<Verification | null>;
	keep(verification: Verification): Promise<void>;
}

type CachePorts = Pick<Ports, "items" | "verifications" | "verificationCache" | "embedder">;

/**
 * Finds the place of a question's outcome, before anything is searched for: its key has the state of the collection, so that
 * an outcome that a change met on the way is kept for the state before.
 */
export async function cacheEntry(
	{ items, verifications, verificationCache, embedder }: CachePorts,
	userId: string,
	{ subject, sources, model }: Question,
	{ seconds, release, ask }: CacheOptions,
): Promise<CacheEntry> {
	if (seconds === 0) return { find: async () => null, keep: async () => {} };
	const question = [
		...[userId, "itemId" in subject ? ["item", subject.itemId] : ["text", subject.text]],
		...[sources.toSorted(), model ?? null, embedder.model, release, await items.state(userId)],
	];
	const key = createHash("sha256").update(JSON.stringify(question)).digest("hex");
	return {
		async find() {
			const id = await ask(() => verificationCache.find(userId, key));
			return id ? verifications.find(userId, id) : null;
		},
		async keep({ id }) {
			await ask(() => verificationCache.keep(userId, key, id, seconds));
		},
	};
}
