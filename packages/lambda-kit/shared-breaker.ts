import { type CircuitBreaker, circuitBreaker } from "#ai/circuit-breaker.ts";
import type { TableOptions } from "#aws/dynamodb.ts";
import type { Circuits } from "#core/ports/index.ts";
import { lazyPort } from "./lazy-port.ts";
import { log } from "./log.ts";

const connectDynamodb = async (): Promise<TableOptions["dynamodb"]> =>
	(await import("#aws/dynamodb.ts")).documentClient();

/** Makes a sandbox's breaker over the circuits that all share. The table is asked by the first call of a provider. */
export function sharedBreaker(table: string, connect = connectDynamodb): CircuitBreaker {
	const circuits: Circuits = lazyPort(async () => {
		const { dynamoDbCircuits } = await import("#aws/circuits.ts");
		return dynamoDbCircuits({ dynamodb: await connect(), table });
	});
	return circuitBreaker(circuits, {
		onOpen: (circuit) => log.error("circuit opened", { circuit }, { metrics: { OpenedCircuits: 1 } }),
		onFailure: (error) =>
			log.warn("the table of circuits did not answer: calls pass", { error }, { metrics: { CircuitFailures: 1 } }),
	});
}
