import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "#lambdas/webhooks/public-address.ts";
import { webhookSender } from "#lambdas/webhooks/webhook-sender.ts";

const soon = (ms = 5_000) => new Date(Date.now() + ms);

async function receiver(answer: RequestListener) {
	const requests: { headers: Record<string, unknown>; body: string }[] = [];
	const server = createServer(async (request, response) => {
		let body = "";
		for await (const chunk of request) body += chunk;
		requests.push({ headers: request.headers, body });
		answer(request, response);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		port,
		url: `http://127.0.0.1:${port}/hook`,
		requests,
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** A resolver that answers each look-up with the next addresses. */
function resolving(...answers: string[][]) {
	const asked: string[] = [];
	const resolve = (hostname: string, _options: object, callback: (error: null, found: object[]) => void) => {
		const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
		asked.push(hostname);
		callback(
			null,
			addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
		);
	};
	return { asked, resolve: resolve as never };
}

it.each([
	...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255"],
	...[
		"192.0.0.8",
		"192.0.2.1",
		"192.168.1.1",
		"198.18.0.1",
		"198.51.100.7",
		"203.0.113.9",
		"224.0.0.1",
		"255.255.255.255",
	],
	...["::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a00:1", "fc00::1", "fd00:ec2::254"],
	...[
		"fe80::1",
		"fe80::1%eth0",
		"fec0::1",
		"ff02::1",
		"2001::1",
		"2001:db8::1",
		"2002:a00:1::",
		"100::1",
		"example.com",
		"",
	],
])("%j is no address of the public internet", (address) => {
	expect(isPublicAddress(address)).toBe(false);
});

it.each(["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700:4700::1111", "2a00:1450::1"])(
	"%s is one",
	(address) => {
		expect(isPublicAddress(address)).toBe(true);
	},
);

describe("a delivery", () => {
	it.each([
		"https://127.0.0.1/hook",
		"https://[::1]/hook",
		"https://[::ffff:127.0.0.1]/hook",
		"https://10.0.0.1/hook",
		"https://169.254.169.254/latest/meta-data/",
		// Other spellings of 127.0.0.1.
		"https://2130706433/hook",
		"https://0x7f.1/hook",
		"https://localhost/hook",
	])("to %s is refused before it is connected to", async (url) => {
		const sent = webhookSender({ loopback: false }).post(url, {}, "{}", soon());
		await expect(sent).rejects.toThrow(/is no address of the public internet/);
	});

	it("to a name goes nowhere where one of its addresses is private, also one that resolved to a public one before", async () => {
		await using own = await receiver((_, response) => response.end());
		const url = `https://rebound.example:${own.port}/hook`;
		for (const answers of [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], []]) {
			const { resolve, asked } = resolving(answers);
			const sent = webhookSender({ loopback: false, resolve }).post(url, {}, "{}", soon());
			await expect(sent).rejects.toThrow("rebound.example is no address of the public internet");
			// The address that is checked is the one that is connected to: there is no second look-up.
			expect(asked).toEqual(["rebound.example"]);
		}
		expect(own.requests).toEqual([]);
	});

	it("needs TLS, and without it goes to this machine alone, where data allows that", async () => {
		const [strict, local] = [webhookSender({ loopback: false }), webhookSender({ loopback: true })];
		await using own = await receiver((_, response) => response.writeHead(204).end());
		await expect(strict.post(own.url, {}, "{}", soon())).rejects.toThrow(/is no address of the public internet/);
		await expect(strict.post("http://example.com/", {}, "{}", soon())).rejects.toThrow(/must begin with https/);
		await expect(local.post("http://example.com/", {}, "{}", soon())).rejects.toThrow(/must begin with https/);
		await expect(local.post("https://10.0.0.1/", {}, "{}", soon())).rejects.toThrow(/is no address of the public/);
		expect(await local.post(own.url, { "collections-event": "item.ready" }, '{"a":1}', soon())).toBe(204);
		expect(own.requests).toMatchObject([{ headers: { "collections-event": "item.ready" }, body: '{"a":1}' }]);
	});

	it("follows no redirect", async () => {
		await using inner = await receiver((_, response) => response.end());
		await using own = await receiver((_, response) => response.writeHead(307, { location: inner.url }).end());
		expect(await webhookSender({ loopback: true }).post(own.url, {}, "{}", soon())).toBe(307);
		expect(inner.requests).toEqual([]);
	});

	it("to a receiver that hangs, or that never ends its answer, ends", async () => {
		await using silent = await receiver(() => {});
		const hung = webhookSender({ loopback: true }).post(silent.url, {}, "{}", soon(100));
		await expect(hung).rejects.toThrow(/did not answer within/);
		await using endless = await receiver((_, response) => {
			response.writeHead(200);
			const more = setInterval(() => response.write("more"), 1);
			response.on("close", () => clearInterval(more));
		});
		expect(await webhookSender({ loopback: true }).post(endless.url, {}, "{}", soon())).toBe(200);
	});
});
