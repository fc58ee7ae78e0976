import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import type { Outputs } from "#deployment/outputs.ts";
import type { AwsCredentials } from "#deployment/users.ts";
import { invoke } from "#tools/local/local-environment.ts";

/** Controls a local cloud: injects crashes, moves time and reads the database behind the API. */
export class Control {
	readonly outputs: Outputs;
	readonly operator: AwsCredentials;
	#database: pg.Pool | undefined;

	constructor(outputs: Outputs, operator: AwsCredentials) {
		this.outputs = outputs;
		this.operator = operator;
	}

	/** Kills the function's process at this port call of its next invocation. */
	crashNext(functionName: string, at: string): Promise<void> {
		return this.#post("PUT", `/functions/${functionName}/crash-at`, { at });
	}

	/** Gives the function's next invocation a process of its own, which has cached nothing. */
	replaceSandbox(functionName: string): Promise<void> {
		// No function makes that many calls.
		return this.crashNext(functionName, "before:items.find#1000000");
	}

	/** Returns whether the invocation that `crashNext` targets is still to end, and whether its process died at the point. */
	async crash(functionName: string): Promise<{ waiting: string | null; died: string | null }> {
		const response = await this.#send("GET", `/functions/${functionName}/crash-at`);
		return response.json() as Promise<{
			waiting: string | null;
			died: string | null;
		}>;
	}

	stopDatabase(): Promise<void> {
		return this.#post("POST", "/database/stop");
	}

	startDatabase(): Promise<void> {
		return this.#post("POST", "/database/start");
	}

	async #post(method: string, path: string, body?: unknown): Promise<void> {
		await this.#send(method, path, body);
	}

	async #send(method: string, path: string, body?: unknown): Promise<Response> {
		const url = `${this.outputs.AwsEndpointUrl}/_local${path}`;
		const response = await fetch(url, {
			method,
			body: body ? JSON.stringify(body) : undefined,
		});
		if (!response.ok) {
			throw new Error(`${method} ${path}: ${await response.text()}`);
		}
		return response;
	}

	/** The credentials with which the application signs in to the database. */
	async databaseCredentials(): Promise<{ username: string; password: string }> {
		const { outputs, operator } = this;
		const secrets = new SecretsManagerClient({
			region: outputs.Region,
			endpoint: outputs.AwsEndpointUrl ?? undefined,
			credentials: operator,
		});
		const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: outputs.DatabaseSecretArn }));
		return JSON.parse(SecretString ?? "");
	}

	/** Runs SQL with the application's role. */
	async sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
		this.#database ??= await this.#connect();
		try {
			return (await this.#database.query(text, values)).rows;
		} catch (error) {
			if ((error as { code?: string }).code !== "28P01") throw error;
			// The password was rotated twice since.
			await this.#database.end();
			this.#database = await this.#connect();
			return (await this.#database.query(text, values)).rows;
		}
	}

	async #connect(): Promise<pg.Pool> {
		const { username, password } = await this.databaseCredentials();
		const [host, port] = this.outputs.DatabaseEndpoint.split(":");
		const pool = new pg.Pool({
			host,
			port: Number(port ?? 5432),
			database: this.outputs.DatabaseName,
			user: username,
			password,
			max: 1,
			allowExitOnIdle: true,
		});
		// A test may stop the database: the next statement connects again.
		pool.on("error", () => undefined);
		return pool;
	}

	/** Makes an item an hour older: its lease expires, and the sweeper takes its unsent events and its stalled state. */
	async letTimePass(itemId: string): Promise<void> {
		await this.sql(
			`update items set lease_expires_at = lease_expires_at - interval '1 hour',
				stage_at = stage_at - interval '1 hour', swept_at = null where id = $1`,
			[itemId],
		);
		await this.sql(
			`update requests set touched_at = touched_at - interval '1 hour', swept_at = null
			 where item_id = $1`,
			[itemId],
		);
		await this.sql("update outbox set created_at = created_at - interval '1 hour' where item_id = $1", [itemId]);
	}

	sweepNow(): Promise<unknown> {
		const { outputs, operator } = this;
		return invoke(outputs, operator, outputs.CleanupFunctionName);
	}
}
