import { type BinaryLike, createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { serveAws } from "../endpoint/endpoint.ts";
import type { AwsRequest } from "../endpoint/types.ts";
import { Credentials } from "../services/iam/credentials.ts";
import { type Apis, region, startApis } from "./services/apis.ts";

let apis: Apis;
let QueueUrl: string;

beforeAll(async () => {
	apis = await startApis();
	apis.buckets.ensure("bucket", { versioned: false });
	({ url: QueueUrl } = apis.queues.ensure("queue", {
		visibilitySeconds: 30,
		retentionSeconds: 60,
	}));
});
afterAll(() => apis.destroy());
afterEach(() => apis.resetClock());
afterEach(() => vi.restoreAllMocks());

/** Returns the error names of S3 and SQS for a client with these settings. */
async function refusals(settings: object): Promise<[string, string]> {
	const client = { ...apis.client, ...settings };
	const nameOf = (call: Promise<unknown>) =>
		call.then(
			() => "accepted",
			(error: Error) => error.name,
		);
	return [
		await nameOf(new S3Client(client).send(new PutObjectCommand({ Bucket: "bucket", Key: "x", Body: "x" }))),
		await nameOf(new SQSClient(client).send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }))),
	];
}

describe("a signature", () => {
	test("of the right key is accepted", async () => {
		expect(await refusals({})).toEqual(["accepted", "accepted"]);
	});

	test("of a wrong secret is refused", async () => {
		const credentials = { ...apis.keys, secretAccessKey: "wrong" };
		expect(await refusals({ credentials })).toEqual(["SignatureDoesNotMatch", "SignatureDoesNotMatch"]);
	});

	test("of an unknown key is refused", async () => {
		const credentials = { ...apis.keys, accessKeyId: "ASIAUNKNOWN" };
		expect(await refusals({ credentials })).toEqual(["InvalidAccessKeyId", "InvalidClientTokenId"]);
	});

	test("without its session token, or with another's, is refused", async () => {
		const otherToken = new Credentials(apis.state).issue("Other").sessionToken;
		for (const sessionToken of [undefined, "x", otherToken]) {
			expect(await refusals({ credentials: { ...apis.keys, sessionToken } })).toEqual([
				"InvalidToken",
				"InvalidClientTokenId",
			]);
		}
	});

	test("for another region is refused", async () => {
		expect(await refusals({ region: "us-west-2" })).toEqual([
			"AuthorizationHeaderMalformed",
			"InvalidSignatureException",
		]);
	});

	test("more than a quarter of an hour old or ahead is refused", async () => {
		for (const seconds of [16 * 60, -16 * 60]) {
			apis.passSeconds(seconds);
			const answers = await refusals({});
			apis.passSeconds(-seconds);
			expect(answers).toEqual(["RequestTimeTooSkewed", "InvalidSignatureException"]);
		}
	});

	test("covers body, query, path, method and headers", async () => {
		const url = new URL(apis.state.endpoint);
		const signer = signerFor("s3");
		const signed = await signer.sign({
			method: "PUT",
			protocol: "http:",
			hostname: url.hostname,
			port: Number(url.port),
			path: "/bucket/a%20b",
			headers: { host: url.host, "x-amz-meta-a": "1" },
			body: "body",
		});
		const attempt = async ({ path = "/bucket/a%20b", method = "PUT", body = "body", headers = {} }) => {
			const answer = await fetch(apis.state.endpoint + path, {
				method,
				body,
				headers: { ...signed.headers, ...headers },
			});
			return answer.ok ? "accepted" : /<Code>(\w+)/.exec(await answer.text())?.[1];
		};
		expect(await attempt({})).toBe("accepted");
		expect(await attempt({ body: "bodi" })).toBe("XAmzContentSHA256Mismatch");
		expect(await attempt({ path: "/bucket/a%20c" })).toBe("SignatureDoesNotMatch");
		expect(await attempt({ path: "/bucket/a%20b?x-id=PutObject" })).toBe("SignatureDoesNotMatch");
		expect(await attempt({ method: "POST" })).not.toBe("accepted");
		expect(await attempt({ headers: { "x-amz-meta-a": "2" } })).toBe("SignatureDoesNotMatch");
		expect(await attempt({ headers: { "x-amz-meta-b": "2" } })).toBe("AccessDenied");
	});
});

describe("the endpoint", () => {
	test("passes the caller to each service, whatever the path", async () => {
		const requests: AwsRequest[] = [];
		const endpoint = await serveAws({
			state: apis.state,
			credentials: new Credentials(apis.state),
			access: apis.access,
			apis: [
				{
					service: "lambda",
					operations: [],
					async handle(request) {
						requests.push(request);
						return { status: 200, body: "{}" };
					},
				},
			],
			port: 0,
		});
		const signer = signerFor("lambda");
		const path = "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations";
		const host = `127.0.0.1:${endpoint.port}`;
		const { headers } = await signer.sign({
			method: "POST",
			protocol: "http:",
			hostname: "127.0.0.1",
			port: endpoint.port,
			path,
			query: { Qualifier: "a b/c" },
			headers: { host },
			body: "{}",
		});
		const answer = await fetch(`http://${host}${path}?Qualifier=a%20b%2Fc`, {
			method: "POST",
			headers,
			body: "{}",
		});
		await endpoint.close();
		apis.state.endpoint = apis.client.endpoint;
		expect(await answer.text()).toBe("{}");
		expect(requests[0]?.principal).toEqual({
			name: "operator",
			accessKeyId: apis.keys.accessKeyId,
		});
	});

	test("names an unknown service", async () => {
		const signer = signerFor("kinesis");
		const { host, hostname, port } = new URL(apis.state.endpoint);
		const { headers } = await signer.sign({
			method: "POST",
			protocol: "http:",
			hostname,
			port: Number(port),
			path: "/",
			headers: { host },
		});
		const answer = await fetch(apis.state.endpoint, {
			method: "POST",
			headers,
		});
		expect(answer.status).toBe(501);
		expect(await answer.text()).toContain('has no service \\"kinesis\\"');
	});

	test("refuses a body over 60 MB with a response, not a broken connection", async () => {
		const answer = await fetch(`${apis.state.endpoint}/bucket/big`, {
			method: "PUT",
			body: Buffer.alloc(61 * 1024 * 1024),
		});
		expect(answer.status).toBe(413);
	});

	test("answers a malformed address with an error", async () => {
		const malformed = {
			"/bucket/%zz": 400,
			"/%ff/x": 400,
			"//": 501,
			"/?%zz=%zz": 400,
			"/bucket?versionId=%ff&versions": 400,
		};
		for (const [path, expected] of Object.entries(malformed)) {
			const answer = await fetch(apis.state.endpoint + path);
			expect([path, answer.status]).toEqual([path, expected]);
		}
	});

	test("reports a defect of its own as an error that clients retry", async () => {
		const logged = vi.spyOn(console, "error").mockReturnValue();
		vi.spyOn(apis.buckets, "find").mockImplementation(() => {
			throw new TypeError("defect");
		});
		await expect(
			new S3Client(apis.client).send(new GetObjectCommand({ Bucket: "bucket", Key: "x" })),
		).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
		expect(logged).toHaveBeenCalledOnce();
	});
});

/** Returns a signer for requests that no SDK client makes. */
function signerFor(service: string) {
	return new SignatureV4({
		service,
		region,
		credentials: apis.keys,
		sha256: Sha256,
		uriEscapePath: service !== "s3",
	});
}

type Bytes = string | ArrayBuffer | ArrayBufferView;

/** Hashes, or with a key computes the HMAC, in the interface of `SignatureV4`. */
class Sha256 {
	readonly #hash: Hash | Hmac;
	constructor(key?: Bytes) {
		this.#hash = key ? createHmac("sha256", key as BinaryLike) : createHash("sha256");
	}
	update(chunk: Bytes) {
		this.#hash.update(chunk as BinaryLike);
	}
	async digest() {
		return new Uint8Array(this.#hash.digest());
	}
	reset() {}
}
