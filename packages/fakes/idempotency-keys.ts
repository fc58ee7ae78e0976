import { randomUUID } from "node:crypto";
import { maxRequestMs } from "#core/api-timeout.ts";
import type { Clock, IdempotencyKeys, KeptAnswer } from "#core/ports/index.ts";

const dayMs = 24 * 60 * 60 * 1_000;

/** Keys in memory, on the clock of a test. */
export function fakeIdempotencyKeys(clock: Clock): IdempotencyKeys {
	const keys = new Map<
		string,
		{ fingerprint: string; lease: string; leaseEnds: number; expires: number; answer: KeptAnswer | "removed" | null }
	>();
	const nameOf = (userId: string, key: string) => `${userId}#${key}`;
	return {
		async claim(userId, key, fingerprint) {
			const name = nameOf(userId, key);
			const now = clock.now().getTime();
			const found = keys.get(name);
			if (found && found.expires > now) {
				if (found.fingerprint !== fingerprint) return { state: "other" };
				if (found.answer === "removed") return { state: "answered", answer: null };
				if (found.answer) return { state: "answered", answer: structuredClone(found.answer) };
				if (found.leaseEnds > now) return { state: "running" };
			}
			const lease = randomUUID();
			keys.set(name, { fingerprint, lease, leaseEnds: now + maxRequestMs, expires: now + dayMs, answer: null });
			return { state: "claimed", claim: { key, lease } };
		},
		async keep(userId, { key, lease }, answer) {
			const found = keys.get(nameOf(userId, key));
			const { body } = answer;
			if (found?.lease === lease) found.answer = body === null ? "removed" : structuredClone({ ...answer, body });
		},
		async forget(userId, { key, lease }) {
			const name = nameOf(userId, key);
			if (keys.get(name)?.lease === lease) keys.delete(name);
		},
		async redact(userId, itemIds) {
			for (const [name, found] of keys) {
				if (!name.startsWith(`${userId}#`) || !found.answer || found.answer === "removed") continue;
				if (found.answer.itemIds.some((id) => itemIds.includes(id))) found.answer = "removed";
			}
		},
		async forgetAll(userId) {
			for (const name of keys.keys()) {
				if (name.startsWith(`${userId}#`)) keys.delete(name);
			}
		},
	};
}
