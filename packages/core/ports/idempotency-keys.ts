/** An answer that can be given again. */
export interface KeptAnswer {
	status: number;
	/** Those that belong to the body, in lower case. */
	headers: Record<string, string>;
	body: string;
	/** The items that it holds something of. */
	itemIds: string[];
}

/** The right to carry out the request with a key. It ends by itself when its holder must be dead. */
export interface KeyClaim {
	key: string;
	lease: string;
}

export type KeyState =
	| { state: "claimed"; claim: KeyClaim }
	/** The first request with the key has no answer yet. */
	| { state: "running" }
	/** The key belongs to a request that was not the same. */
	| { state: "other" }
	/** Null where the answer was too large or too secret to keep, or an item in it was deleted. */
	| { state: "answered"; answer: KeptAnswer | null };

/** The keys of requests that a person's client may send again, each kept for a day. */
export interface IdempotencyKeys {
	/** @param fingerprint equal for two requests that are the same */
	claim(userId: string, key: string, fingerprint: string): Promise<KeyState>;
	/** Keeps the answer for the next requests with the key; with null as body only that it was given. */
	keep(userId: string, claim: KeyClaim, answer: Omit<KeptAnswer, "body"> & { body: string | null }): Promise<void>;
	/** Forgets the key: the request changed nothing, and may run again. */
	forget(userId: string, claim: KeyClaim): Promise<void>;
	/** Removes the answers that hold something of deleted items. Their requests stay carried out. */
	redact(userId: string, itemIds: string[]): Promise<void>;
	/** Removes every key of the user. */
	forgetAll(userId: string): Promise<void>;
}
