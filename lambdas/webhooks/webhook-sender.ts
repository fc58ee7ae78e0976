import { lookup as lookUp } from "node:dns";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { WebhookSender } from "#core/ports/index.ts";
import { isLoopback, isPublicAddress } from "./public-address.ts";

/** The address of a receiver may not be called. */
class DeliveryRefused extends Error {
	override name = "DeliveryRefused";
}

interface SenderOptions {
	/** Receivers on this machine are called, too, also without TLS. */
	loopback: boolean;
	/** @default the system's resolver */
	resolve?: typeof lookUp;
}

/**
 * Makes what posts deliveries. The name is resolved for the connection itself, and the socket connects to the address that
 * was checked: a name that resolves to another address a moment later changes nothing. Redirects are answers like any other.
 */
export function webhookSender({ loopback, resolve = lookUp }: SenderOptions): WebhookSender {
	const isAllowed = (address: string) => isPublicAddress(address) || (loopback && isLoopback(address));

	const lookup: LookupFunction = (hostname, options, callback) =>
		resolve(hostname, { ...options, all: true }, (error, addresses) => {
			if (error) return callback(error, []);
			// One address of several would suffice to reach inside.
			if (addresses.length === 0 || !addresses.every(({ address }) => isAllowed(address))) {
				return callback(notPublic(hostname), []);
			}
			const [first] = addresses;
			if (options.all || !first) callback(null, addresses);
			else callback(null, first.address, first.family);
		});

	return {
		async post(address, headers, body, deadline) {
			const url = new URL(address);
			const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
			// No name, no look-up: node connects to a literal address as it is.
			if (isIP(host) && !isAllowed(host)) throw notPublic(host);
			const isPlain = url.protocol === "http:";
			if (isPlain && !(loopback && (isLoopback(host) || host === "localhost"))) {
				throw new DeliveryRefused("The address must begin with https://.");
			}
			const signal = AbortSignal.timeout(Math.max(1, deadline.getTime() - Date.now()));
			const send = isPlain ? requestHttp : requestHttps;
			return new Promise((resolvePost, reject) => {
				const request = send(
					url,
					// A connection of its own: one that is kept could be to an address of before.
					{
						method: "POST",
						headers: { ...headers, "content-length": Buffer.byteLength(body) },
						lookup,
						signal,
						agent: false,
					},
					(response) => {
						resolvePost(response.statusCode ?? 0);
						// The body is nobody's concern, however long it is.
						response.destroy();
					},
				);
				request.on("error", (error) =>
					reject(
						signal.aborted ? new Error("The receiver did not answer within 10 seconds.", { cause: error }) : error,
					),
				);
				request.end(body);
			});
		},
	};
}

const notPublic = (host: string) =>
	new DeliveryRefused(`${host} is no address of the public internet: webhooks are delivered to such addresses alone.`);
