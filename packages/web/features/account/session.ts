import { CognitoError, refresh, revoke, type Tokens } from "./cognito.ts";

/** Where tokens survive a reload; every tab of the browser shares it. */
export interface TokenStore {
	read(): Tokens | null;
	write(tokens: Tokens | null): void;
}

export interface Person {
	sub: string;
	email: string;
	/** They administer the other people; the API decides by itself. */
	isAdmin: boolean;
}

/** Renewed this long before it expires, so that no request carries a token that ends on the way. */
const marginMs = 60_000;

interface SessionOptions {
	store: TokenStore;
	renew?: (refreshToken: string) => Promise<Tokens>;
	now?: () => number;
	/** Ends what else the person's sign-in began. */
	leave?: () => void;
	/** Runs work in one tab at a time: a refresh token is void after its use. */
	alone?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The signed-in person's tokens: kept over reloads, renewed before they expire, by one request at a time. */
export class Session {
	readonly #store: TokenStore;
	readonly #renew: (refreshToken: string) => Promise<Tokens>;
	readonly #now: () => number;
	readonly #leave: () => void;
	readonly #alone: <T>(work: () => Promise<T>) => Promise<T>;
	readonly #listeners = new Set<() => void>();
	#renewal: Promise<string | null> | undefined;
	#person: { idToken: string; person: Person } | undefined;

	constructor({ store, renew = refresh, now = Date.now, leave = () => {}, alone = (work) => work() }: SessionOptions) {
		this.#store = store;
		this.#renew = renew;
		this.#now = now;
		this.#leave = leave;
		this.#alone = alone;
	}

	/** The person that the stored token names; null where nobody is signed in. */
	get person(): Person | null {
		const tokens = this.#store.read();
		if (!tokens) return null;
		if (this.#person?.idToken !== tokens.idToken) {
			const { sub = "", email = "", "cognito:groups": groups = [] } = claimsOf(tokens.idToken);
			const read: Person = { sub, email, isAdmin: groups.includes("admin") };
			// The same object while the person is the same: React compares by identity.
			const known = this.#person?.person;
			const isSame = known?.sub === sub && known.email === email && known.isAdmin === read.isAdmin;
			this.#person = { idToken: tokens.idToken, person: isSame ? known : read };
		}
		return this.#person.person;
	}

	get accessToken(): string | null {
		return this.#store.read()?.accessToken ?? null;
	}

	begin(tokens: Tokens): void {
		this.#store.write(tokens);
		this.changed();
	}

	/** Forgets the tokens here, then at Cognito; away from the network the first must do. */
	async end(): Promise<void> {
		const tokens = this.#store.read();
		this.#store.write(null);
		this.changed();
		if (tokens) await revoke(tokens.refreshToken).catch(() => undefined);
		this.#leave();
	}

	/**
	 * Returns a token that the API accepts; null where nobody is signed in (any more).
	 * @param refused a token that the API refused: it is renewed although it looks valid
	 */
	async token(refused?: string): Promise<string | null> {
		const tokens = this.#store.read();
		if (!tokens) return null;
		if (tokens.idToken !== refused && this.#isFresh(tokens)) return tokens.idToken;
		this.#renewal ??= this.#alone(() => this.#renewed(refused)).finally(() => {
			this.#renewal = undefined;
		});
		return this.#renewal;
	}

	async #renewed(refused?: string): Promise<string | null> {
		// Another tab may have renewed, or ended, the session while this one waited.
		const tokens = this.#store.read();
		if (!tokens) return null;
		if (tokens.idToken !== refused && this.#isFresh(tokens)) return tokens.idToken;
		try {
			const renewed = await this.#renew(tokens.refreshToken);
			this.#store.write(renewed);
			this.changed();
			return renewed.idToken;
		} catch (error) {
			if (!(error instanceof CognitoError) || isPassing(error)) throw error;
			this.#store.write(null);
			this.changed();
			return null;
		}
	}

	#isFresh({ idToken }: Tokens): boolean {
		return (claimsOf(idToken).exp ?? 0) * 1_000 - marginMs > this.#now();
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	changed(): void {
		for (const listener of this.#listeners) listener();
	}
}

/** Throttling and outages say nothing about the session. */
function isPassing({ code }: CognitoError): boolean {
	return code === "TooManyRequestsException" || code === "InternalErrorException" || code === "UnknownError";
}

/** Reads a token's claims; the API verifies them. */
function claimsOf(token: string): { sub?: string; email?: string; exp?: number; "cognito:groups"?: string[] } {
	const [, payload = ""] = token.split(".");
	try {
		const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
		return JSON.parse(new TextDecoder().decode(bytes));
	} catch {
		return {}; // never fresh, so that it is renewed or ends
	}
}
