import { createHash, timingSafeEqual } from "node:crypto";
import {
	ALGORITHM_IDENTIFIER,
	createScope,
	getCanonicalHeaders,
	getSigningKey,
	KEY_TYPE_IDENTIFIER,
	MAX_PRESIGNED_TTL,
	SignatureV4,
	UNSIGNED_PAYLOAD,
} from "@smithy/signature-v4";
import type { Credentials, IssuedCredentials } from "../services/iam/credentials.ts";
import { Sha256 } from "./sha256.ts";
import { type SignatureErrors, signatureErrors } from "./signature-errors.ts";
import { AwsError, type Principal, type SignedPolicy } from "./types.ts";

/** The parts of a request that its signature covers. */
interface SignedRequest {
	method: string;
	/** As sent, percent-encoded. */
	path: string;
	/** As sent, without the question mark. */
	query: string;
	headers: Record<string, string>;
	body: Buffer;
}

interface CredentialScope {
	day: string;
	region: string;
	service: string;
}

interface Signature extends CredentialScope {
	location: "header" | "query";
	accessKeyId: string;
	signedHeaders: string[];
	signature: string;
	/** `20261120T104557Z` */
	time: string;
	/** Seconds for which a presigned URL is valid; null for a signed header. */
	expires: number | null;
	token: string | undefined;
}

const maxClockSkewMs = 15 * 60_000;
const signatureParameters = new Set([
	"x-amz-algorithm",
	"x-amz-credential",
	"x-amz-date",
	"x-amz-expires",
	"x-amz-security-token",
	"x-amz-signature",
	"x-amz-signedheaders",
]);

/** Returns the service a request is signed for, or null where it is unsigned. */
export function signedService(request: SignedRequest): string | null {
	return readSignature(request)?.service ?? null;
}

/**
 * Recomputes a request's SigV4 signature, from its header or presigned URL.
 * @returns the signer, or null where the request is unsigned
 * @throws AwsError in the form of the service that the signature names
 */
export async function verifySignature(
	request: SignedRequest,
	{ credentials, now, region }: { credentials: Credentials; now: number; region: string },
): Promise<Principal | null> {
	const signature = readSignature(request);
	if (!signature) return null;
	const errors = signatureErrors(signature.service);

	const keys = credentials.find(signature.accessKeyId);
	if (!keys) throw errors.unknownKey();
	if (signature.token !== keys.sessionToken) throw errors.badToken();
	if (signature.region !== region || signature.day !== signature.time.slice(0, 8)) {
		throw errors.malformed(
			`The credential scope ${signature.day}/${signature.region} is wrong: expecting the day of X-Amz-Date and the region '${region}'`,
		);
	}
	checkTime(signature, now, errors);
	checkSignedHeaders(request, signature, errors);

	const payloadHash = hashPayload(request, signature);
	const expected = await sign(
		keys,
		signature,
		await new CanonicalRequests(signature, keys).stringToSign(request, signature, payloadHash),
	);
	if (!isEqual(expected, signature.signature)) throw errors.mismatch();
	if (/^[0-9a-f]{64}$/.test(payloadHash) && payloadHash !== sha256(request.body)) {
		throw new AwsError(
			"XAmzContentSHA256Mismatch",
			"The provided 'x-amz-content-sha256' header does not match what was computed.",
		);
	}
	return { name: keys.principal, accessKeyId: keys.accessKeyId };
}

/**
 * Recomputes the SigV4 signature of a form's policy. The policy itself holds its expiry, which S3 checks.
 * @returns the signer
 * @throws AwsError in S3's form
 */
export async function verifyPolicy(
	{ policy, algorithm, credential, time, signature, token }: SignedPolicy,
	{ credentials, region }: { credentials: Credentials; region: string },
): Promise<Principal> {
	const errors = signatureErrors("s3");
	const { accessKeyId, ...scope } = readCredential(credential);
	const keys = credentials.find(accessKeyId);
	if (!keys) throw errors.unknownKey();
	if (token !== keys.sessionToken) throw errors.badToken();
	if (
		algorithm !== ALGORITHM_IDENTIFIER ||
		scope.service !== "s3" ||
		scope.region !== region ||
		scope.day !== time.slice(0, 8)
	) {
		throw errors.malformed(
			`The credential ${credential} is wrong: expecting ${ALGORITHM_IDENTIFIER}, the day of X-Amz-Date, the region '${region}' and the service 's3'`,
		);
	}
	if (!isEqual(await sign(keys, scope, policy), signature)) {
		throw errors.mismatch();
	}
	return { name: keys.principal, accessKeyId: keys.accessKeyId };
}

/** Returns the parameters of a presigned URL that count as headers (`x-amz-checksum-crc32`, `x-amz-meta-*`), in lower case. */
export function presignedHeaders(query: string): Record<string, string> {
	return Object.fromEntries(
		parseQuery(query)
			.map(([name, value]) => [name.toLowerCase(), value] as const)
			.filter(([name]) => name.startsWith("x-amz-") && !signatureParameters.has(name)),
	);
}

/** The signer's canonical form of requests that arrive signed: it opens what the library keeps for subclasses. */
class CanonicalRequests extends SignatureV4 {
	constructor({ service, region }: Signature, credentials: IssuedCredentials) {
		super({
			service,
			region,
			credentials,
			sha256: Sha256,
			// Every service but S3 signs the path encoded once more.
			uriEscapePath: service !== "s3",
			applyChecksum: false,
		});
	}

	stringToSign(
		request: SignedRequest,
		{ day, region, service, signedHeaders, time }: Signature,
		payloadHash: string,
	): Promise<string> {
		const signable = {
			method: request.method,
			protocol: "http:",
			hostname: "",
			path: service === "s3" ? request.path.split("/").map(decodeUri).map(encode).join("/") : request.path,
			query: groupByName(parseQuery(request.query)),
			headers: Object.fromEntries(signedHeaders.map((name) => [name, request.headers[name] ?? ""])),
		};
		return this.createStringToSign(
			time,
			createScope(day, region, service),
			this.createCanonicalRequest(
				signable,
				getCanonicalHeaders(signable, undefined, new Set(signedHeaders)),
				payloadHash,
			),
			ALGORITHM_IDENTIFIER,
		);
	}
}

async function sign(
	keys: IssuedCredentials,
	{ day, region, service }: CredentialScope,
	stringToSign: string,
): Promise<string> {
	const hmac = new Sha256(await getSigningKey(Sha256, keys, day, region, service));
	hmac.update(stringToSign);
	return Buffer.from(await hmac.digest()).toString("hex");
}

function readSignature(request: SignedRequest): Signature | null {
	const authorization = request.headers.authorization;
	if (authorization?.startsWith(`${ALGORITHM_IDENTIFIER} `)) {
		const parts = Object.fromEntries(
			authorization
				.slice(ALGORITHM_IDENTIFIER.length + 1)
				.split(",")
				.map((part) => part.trim().split(/=(.*)/s, 2)),
		);
		return {
			location: "header",
			...readCredential(parts.Credential),
			signedHeaders: (parts.SignedHeaders ?? "").split(";"),
			signature: parts.Signature ?? "",
			time: request.headers["x-amz-date"] ?? "",
			expires: null,
			token: request.headers["x-amz-security-token"],
		};
	}
	const query = new Map(parseQuery(request.query));
	if (query.get("X-Amz-Algorithm") !== ALGORITHM_IDENTIFIER) return null;
	return {
		location: "query",
		...readCredential(query.get("X-Amz-Credential")),
		signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
		signature: query.get("X-Amz-Signature") ?? "",
		time: query.get("X-Amz-Date") ?? "",
		expires: Number(query.get("X-Amz-Expires") ?? Number.NaN),
		token: query.get("X-Amz-Security-Token"),
	};
}

function readCredential(credential = ""): CredentialScope & { accessKeyId: string } {
	const [accessKeyId = "", day = "", region = "", service = "", type] = credential.split("/");
	if (type !== KEY_TYPE_IDENTIFIER) {
		throw new AwsError(
			"IncompleteSignature",
			`The credential "${credential}" is not of the form KEY/DAY/REGION/SERVICE/aws4_request.`,
		);
	}
	return { accessKeyId, day, region, service };
}

function checkTime(signature: Signature, now: number, errors: SignatureErrors): void {
	const [, year, month, day, hour, minute, second] =
		/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signature.time) ?? [];
	const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
	if (Number.isNaN(time)) {
		throw errors.malformed(`X-Amz-Date "${signature.time}" is not of the form 20261231T235959Z.`);
	}
	if (signature.expires === null) {
		if (Math.abs(now - time) > maxClockSkewMs) {
			throw errors.skewed(signature.time);
		}
		return;
	}
	const { expires } = signature;
	const isAllowed = Number.isInteger(expires) && expires > 0 && expires <= MAX_PRESIGNED_TTL;
	if (!isAllowed) {
		throw new AwsError(
			"AuthorizationQueryParametersError",
			`X-Amz-Expires must be from 1 to ${MAX_PRESIGNED_TTL} seconds.`,
		);
	}
	if (time > now + maxClockSkewMs) {
		throw new AwsError("AccessDenied", "Request is not yet valid", 403);
	}
	if (now > time + expires * 1_000) {
		throw new AwsError("AccessDenied", "Request has expired", 403);
	}
}

function checkSignedHeaders(request: SignedRequest, signature: Signature, errors: SignatureErrors): void {
	const signed = new Set(signature.signedHeaders);
	const mustBeSigned = Object.keys(request.headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
	const unsigned = mustBeSigned.find((name) => !signed.has(name));
	if (unsigned) throw errors.unsignedHeader(unsigned);
}

function hashPayload(request: SignedRequest, signature: Signature): string {
	if (signature.service !== "s3") return sha256(request.body);
	const stated = request.headers["x-amz-content-sha256"];
	if (stated) return stated;
	if (signature.location === "query") return UNSIGNED_PAYLOAD;
	throw new AwsError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
}

function parseQuery(query: string): [string, string][] {
	return query
		.split("&")
		.filter((part) => part)
		.map((part) => {
			const [name = "", value = ""] = part.split(/=(.*)/s, 2);
			return [decodeUri(name), decodeUri(value)];
		});
}

function groupByName(parameters: [string, string][]): Record<string, string[]> {
	const groups = new Map<string, string[]>();
	for (const [name, value] of parameters) {
		groups.set(name, [...(groups.get(name) ?? []), value]);
	}
	return Object.fromEntries(groups);
}

/** @throws AwsError `InvalidURI` */
export function decodeUri(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new AwsError("InvalidURI", `Couldn't parse the specified URI: "${text}" is not percent-encoded UTF-8.`);
	}
}

/** SDKs sign `!'()*` encoded, whether or not they send them so. */
function encode(text: string): string {
	return encodeURIComponent(text).replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}

function sha256(content: Buffer): string {
	return createHash("sha256").update(content).digest("hex");
}

function isEqual(expected: string, signature: string): boolean {
	const [a, b] = [Buffer.from(expected), Buffer.from(signature)];
	return a.length === b.length && timingSafeEqual(a, b);
}
