import { STSClient } from "@aws-sdk/client-sts";
import { SignatureV4 } from "@smithy/signature-v4";
import type { ClientSettings } from "#deployment/client-settings.ts";

export interface AwsCall {
	/** As in the signature. */
	service: string;
	/** As in the SDK's endpoint variables: `AWS_ENDPOINT_URL_BEDROCK`. */
	id: string;
	/** The host on AWS. */
	host: string;
	/** @default the environment's */
	region?: string;
	method: "GET" | "POST";
	/** Percent-encoded. @default "/" */
	path?: string;
	headers?: Record<string, string>;
	body?: string;
}

const maxWaitMs = 10_000;

/**
 * Makes one signed call of an AWS API and returns the body of the answer, with the credentials and endpoints that an SDK
 * client would use. For single calls of services whose client is not installed: the registry has none of the Free Tier
 * API, and those of CloudWatch and Bedrock would come for a call each.
 * @throws an error with the service's error code as its name
 */
export async function awsCall(client: ClientSettings, call: AwsCall): Promise<string> {
	const { service, id, method, path = "/", body } = call;
	const { [`AWS_ENDPOINT_URL_${id}`]: own, AWS_ENDPOINT_URL } = process.env;
	const endpoint = client.endpoint ?? own ?? AWS_ENDPOINT_URL;
	const { protocol, hostname, port, host } = new URL(endpoint ?? `https://${call.host}`);
	// Finds credentials as every other client of the scripts does.
	const { credentials, sha256 } = new STSClient(client).config;
	const signer = new SignatureV4({ service, region: call.region ?? client.region, credentials, sha256 });
	const { headers } = await signer.sign({
		method,
		protocol,
		hostname,
		...(port && { port: Number(port) }),
		path,
		query: {},
		headers: { host, ...call.headers },
		...(body !== undefined && { body }),
	});
	const response = await fetch(`${protocol}//${host}${path}`, {
		method,
		headers,
		...(body !== undefined && { body }),
		signal: AbortSignal.timeout(maxWaitMs),
	}).catch((error) => {
		// fetch hides the system's code, which says whether the address or the server is missing.
		throw error.cause ?? error;
	});
	const text = await response.text();
	if (response.ok) return text;
	throw serviceError(response, text);
}

/** Reads the error of a service that answers in JSON or XML. */
function serviceError({ status, headers }: Response, text: string): Error {
	const { __type, message, Message }: Record<string, string | undefined> = text.startsWith("{")
		? JSON.parse(text)
		: { __type: element(text, "Code"), message: element(text, "Message") };
	const code = headers.get("x-amzn-errortype") ?? __type;
	// The words of the SDK, which `withRemedy` explains.
	if (!code) return new Error(`Deserialization error: status ${status} without an AWS error`);
	// A JSON service may add a namespace before the code, or an address after it.
	const [name = code] = (code.split("#").at(-1) ?? code).split(":");
	return Object.assign(new Error(message ?? Message ?? name), { name });
}

const element = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
