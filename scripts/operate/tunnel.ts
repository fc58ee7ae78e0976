import { spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { SSMClient, StartSessionCommand } from "@aws-sdk/client-ssm";
import { freePort } from "#cli/free-port.ts";
import type { ClientSettings } from "./target.ts";

const plugin = "session-manager-plugin";
const longestStartSeconds = 30;

/** A port of this machine that leads through the bastion to another host of its network. */
export interface Tunnel {
	port: number;
	close(): void;
}

/** Asks Session Manager for a tunnel: the bastion has no open port, and this machine needs no key. */
export async function openTunnel(
	client: ClientSettings,
	bastion: string,
	to: { host: string; port: number },
): Promise<Tunnel> {
	if (spawnSync(plugin, ["--version"]).error) {
		throw new Error(
			`${plugin} is not on the PATH. The database has no public address, and AWS's plugin makes the tunnel: install it from https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html`,
		);
	}
	const port = await freePort();
	const request = {
		Target: bastion,
		DocumentName: "AWS-StartPortForwardingSessionToRemoteHost",
		Parameters: {
			host: [to.host],
			portNumber: [String(to.port)],
			localPortNumber: [String(port)],
		},
	};
	const session = await new SSMClient(client).send(
		new StartSessionCommand(request),
	);
	const child = spawn(
		plugin,
		[
			JSON.stringify({
				SessionId: session.SessionId,
				TokenValue: session.TokenValue,
				StreamUrl: session.StreamUrl,
			}),
			client.region,
			"StartSession",
			"",
			JSON.stringify(request),
			client.endpoint ?? `https://ssm.${client.region}.amazonaws.com`,
		],
		// Ctrl-C in psql ends a statement, not the tunnel.
		{ stdio: ["ignore", "ignore", "inherit"], detached: true },
	);
	const end = Date.now() + longestStartSeconds * 1_000;
	while (!(await answers(port))) {
		if (child.exitCode !== null || Date.now() > end) {
			child.kill();
			throw new Error(
				`The tunnel through bastion ${bastion} did not open: is the instance running, and may these credentials ssm:StartSession?`,
			);
		}
		await sleep(200);
	}
	return { port, close: () => void child.kill() };
}

function answers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => resolve(true));
		socket.once("error", () => resolve(false));
		socket.once("close", () => socket.destroy());
		socket.once("connect", () => socket.end());
	});
}
