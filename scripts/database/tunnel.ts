import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { SSMClient, StartSessionCommand, TerminateSessionCommand } from "@aws-sdk/client-ssm";
import type { ClientSettings } from "#deployment/client-settings.ts";
import { freePort } from "#deployment/free-port.ts";
import { output } from "../deploy/outputs-file.ts";
import type { Target } from "../environment/target.ts";

const plugin = "session-manager-plugin";
/** The first version that reads the session's token from a variable; every user of this machine can read a command line. */
const minVersion = [1, 2, 536, 0];
const tokenVariable = "AWS_SSM_START_SESSION_RESPONSE";
const installation =
	"https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html";
const maxStartSeconds = 30;

/** A port of this machine that the bastion forwards to another host of its network. */
interface Tunnel {
	port: number;
	/** Ends the plugin and the session, which AWS would otherwise keep for twenty minutes. */
	close(): Promise<void>;
}

/**
 * Opens a Session Manager tunnel to the environment's database: the bastion has no open port, and this machine
 * needs no key. Returns undefined if the database has a public address.
 * @throws if something is missing or the tunnel does not open; nothing stays open then
 */
export async function tunnelTo(
	target: Target,
	to: { host: string; port: number },
	interruption: AbortSignal,
): Promise<Tunnel | undefined> {
	if (target.environment.network.mode !== "private") return undefined;
	const { client } = target;
	const bastion = await output(target, "BastionInstanceId");
	requirePlugin();
	const ssm = new SSMClient(client);
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
	const { SessionId, TokenValue, StreamUrl } = await ssm.send(new StartSessionCommand(request));
	let child: ChildProcess | undefined;
	const close = async () => {
		await end(child);
		await ssm
			.send(new TerminateSessionCommand({ SessionId }))
			.catch((error: Error) =>
				console.error(
					`Session ${SessionId} could not be ended (${error.message}); AWS ends it after twenty idle minutes.`,
				),
			);
	};
	try {
		child = spawn(
			plugin,
			[
				tokenVariable,
				client.region,
				"StartSession",
				"", // the profile: that of AWS_PROFILE, if any
				JSON.stringify(request),
				endpointOf(client),
			],
			{
				env: {
					...process.env,
					[tokenVariable]: JSON.stringify({ SessionId, TokenValue, StreamUrl }),
				},
				// A process group of its own: Ctrl-C in psql cancels a statement and must not end the tunnel.
				detached: true,
				stdio: ["ignore", "ignore", "inherit"],
			},
		);
		await waitUntilOpen(child, port, bastion, interruption);
	} catch (error) {
		await close();
		throw error;
	}
	return { port, close };
}

/** Returns whether AWS's plugin, which opens tunnels, is installed. */
export const hasPlugin = () => !spawnSync(plugin, ["--version"]).error;

function requirePlugin(): void {
	const { error, stdout } = spawnSync(plugin, ["--version"], {
		encoding: "utf8",
	});
	if (error) {
		throw new Error(
			`${plugin} is not on the PATH. The database has no public address, and AWS's plugin makes the tunnel: install it from ${installation}`,
		);
	}
	const version = stdout.trim();
	const numbers = version.split(".").map(Number);
	const firstDifference = minVersion.findIndex((part, index) => numbers[index] !== part);
	if (firstDifference >= 0 && !((numbers[firstDifference] ?? 0) > (minVersion[firstDifference] ?? 0))) {
		throw new Error(
			`${plugin} has version ${version}. Before ${minVersion.join(".")} it takes the session's token on its command line, where every user of this machine can read it: install a newer version from ${installation}`,
		);
	}
}

/** Returns the address at which the plugin resumes a session whose connection breaks. */
function endpointOf({ region, endpoint }: ClientSettings): string {
	const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SSM } = process.env;
	return AWS_ENDPOINT_URL_SSM ?? endpoint ?? AWS_ENDPOINT_URL ?? `https://ssm.${region}.amazonaws.com`;
}

async function waitUntilOpen(
	child: ChildProcess,
	port: number,
	bastion: string,
	interruption: AbortSignal,
): Promise<void> {
	const deadline = Date.now() + maxStartSeconds * 1_000;
	for (;;) {
		interruption.throwIfAborted();
		if (child.exitCode !== null || Date.now() > deadline) {
			throw new Error(
				`The tunnel through bastion ${bastion} did not open: is the instance running, and does its agent report to Systems Manager?`,
			);
		}
		if (await acceptsConnections(port)) return;
		await sleep(200);
	}
}

async function end(child: ChildProcess | undefined): Promise<void> {
	if (!child?.pid || child.exitCode !== null || child.signalCode !== null) {
		return;
	}
	const exited = once(child, "exit");
	child.kill();
	await exited;
}

function acceptsConnections(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => {
			resolve(true);
			socket.end();
		});
		socket.once("error", () => resolve(false));
		socket.once("close", () => socket.destroy());
	});
}
