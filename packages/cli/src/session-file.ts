import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { CollectionsClient, type Pool, resumeSession, type Session } from "../../client/index.ts";
import { exitCodes, Failure } from "./failure.ts";

/** The folder of the session and of the journals: `COLLECTIONS_HOME`, else as XDG says. */
export const home = () =>
	process.env.COLLECTIONS_HOME ??
	path.join(process.env.XDG_CONFIG_HOME ?? path.join(homedir(), ".config"), "collections");

/** Where an environment is, and how people sign in to it. */
export interface Address {
	apiUrl: string;
	/** Streams answers, where the environment is known by its outputs. */
	streamUrl?: string;
	pool: Pool;
}

/** A session as the file holds it. */
export interface StoredSession extends Address {
	email: string;
	refreshToken: string;
	/** The newest token, so that not every command renews it. */
	idToken: string;
}

const file = () => path.join(home(), "session.json");

/** Keeps the session in a file that only its owner may read. */
export function storeSession(session: StoredSession): void {
	mkdirSync(home(), { recursive: true, mode: 0o700 });
	const fresh = `${file()}.${process.pid}`;
	writeFileSync(fresh, JSON.stringify(session), { mode: 0o600 });
	renameSync(fresh, file());
}

export const forgetSession = () => rmSync(file(), { force: true });

/** Reads the session; for a machine that of `COLLECTIONS_REFRESH_TOKEN`. @throws Failure where there is none */
export function storedSession(): StoredSession {
	const { COLLECTIONS_REFRESH_TOKEN: refreshToken } = process.env;
	if (refreshToken) return { ...addressOf({}), email: "", refreshToken, idToken: "" };
	if (!existsSync(file())) throw new Failure("You are not signed in: run collections login.", exitCodes.signedOut);
	const session = sessionIn(readFileSync(file(), "utf8"));
	if (!session) throw new Failure(`${file()} is broken: run collections login again.`, exitCodes.signedOut);
	return session;
}

/** Reads a session that a person, a full disk or an earlier release may have changed; null where it is none. */
function sessionIn(text: string): StoredSession | null {
	try {
		const session = JSON.parse(text);
		const { apiUrl, streamUrl, pool, email, refreshToken, idToken } = session;
		const texts = [email, refreshToken, idToken, pool.clientId, pool.endpoint.region ?? pool.endpoint];
		const isSession =
			texts.every((text) => typeof text === "string") && isAddress(apiUrl) && (!streamUrl || isAddress(streamUrl));
		return isSession ? session : null;
	} catch {
		return null;
	}
}

const isAddress = (text: unknown) => typeof text === "string" && /^https?:\/\//.test(text) && URL.canParse(text);

export interface AddressOptions {
	/** An outputs file of the environment, which has all of the others. */
	outputs?: string;
	api?: string;
	clientId?: string;
	cognito?: string;
	stream?: string;
}

/**
 * Finds the environment by its options, by `COLLECTIONS_API`, `COLLECTIONS_STREAM`, `COLLECTIONS_CLIENT_ID` and
 * `COLLECTIONS_COGNITO`, or by an outputs file.
 */
export function addressOf(options: AddressOptions): Address {
	const { COLLECTIONS_API, COLLECTIONS_CLIENT_ID, COLLECTIONS_COGNITO, COLLECTIONS_OUTPUTS, COLLECTIONS_STREAM } =
		process.env;
	const outputs = options.outputs ?? COLLECTIONS_OUTPUTS;
	const known = outputs ? outputsIn(outputs) : {};
	const apiUrl = options.api ?? COLLECTIONS_API ?? known.ApiUrl;
	const clientId = options.clientId ?? COLLECTIONS_CLIENT_ID ?? known.CliClientId;
	const cognito = options.cognito ?? COLLECTIONS_COGNITO ?? known.CognitoEndpoint;
	const streamUrl = options.stream ?? COLLECTIONS_STREAM ?? known.StreamUrl;
	if (!apiUrl || !clientId || !cognito) {
		throw new Failure(
			"Which environment? Give --outputs FILE (as make infra-outputs writes it), or --api, --client-id and --cognito.",
			exitCodes.usage,
		);
	}
	const noAddress = [apiUrl, streamUrl].find((address) => address && !isAddress(address));
	if (noAddress) throw new Failure(`${noAddress} is no address: it begins with https://.`, exitCodes.usage);
	return {
		apiUrl,
		...(streamUrl && { streamUrl }),
		pool: { clientId, endpoint: cognito.includes("://") ? cognito : { region: cognito } },
	};
}

function outputsIn(name: string): Record<string, string> {
	try {
		return JSON.parse(readFileSync(name, "utf8")) as Record<string, string>;
	} catch (cause) {
		throw new Failure(`${name} cannot be read as an outputs file: ${(cause as Error).message}`, exitCodes.usage);
	}
}

/** Names the person and the environment to which a journal belongs. */
export function journalOwner(): string {
	const { apiUrl, email, refreshToken } = storedSession();
	return `${apiUrl} ${email || refreshToken}`;
}

/** Makes the client of whoever is signed in. Its tokens are renewed, and the newest is kept. */
export function connect({ signal }: { signal?: AbortSignal } = {}): CollectionsClient {
	const { apiUrl, streamUrl } = storedSession();
	return new CollectionsClient({ apiUrl, streamUrl, session: keptSession(), maxWaitSeconds: 3_600, signal });
}

/** A token is renewed this long before it expires. */
const renewalSeconds = 60;

function keptSession(): Session {
	let stored = storedSession();
	let renewal: Promise<string> | null = null;
	const renew = async () => {
		const before = stored.refreshToken;
		// Another command may have renewed it since: a pool that rotates takes each refresh token once.
		if (!process.env.COLLECTIONS_REFRESH_TOKEN) stored = storedSession();
		if (stored.refreshToken !== before && secondsLeft(stored.idToken) > renewalSeconds) return stored.idToken;
		const { refreshToken, idToken } = await resumeSession(stored.pool, stored.refreshToken);
		stored = { ...stored, refreshToken, idToken };
		if (!process.env.COLLECTIONS_REFRESH_TOKEN) storeSession(stored);
		return idToken;
	};
	const renewOnce = () => {
		renewal ??= renew().finally(() => {
			renewal = null;
		});
		return renewal;
	};
	return {
		token: async () => (secondsLeft(stored.idToken) > renewalSeconds ? stored.idToken : renewOnce()),
		renewed: async (refused) => (refused === stored.idToken ? renewOnce() : stored.idToken),
	};
}

/** The claims of a token, unverified: the API verifies it. */
export function claimsOf(token: string): Record<string, unknown> {
	try {
		return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
	} catch {
		return {};
	}
}

const secondsLeft = (token: string) => Number(claimsOf(token).exp ?? 0) - Date.now() / 1_000;
