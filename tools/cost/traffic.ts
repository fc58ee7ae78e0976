import type { Environment } from "#lib/environments.ts";
import prices from "./aws-prices.json" with { type: "json" };
import { type All, type Line, line, whole } from "./line.ts";
import { apiRequests, idle, monthsStored, type Profile, perUpload, perUser, tableWritesPerRequest } from "./usage.ts";

/** Prices requests, events, logs, storage and data transfer. */
export function traffic(all: All, { network }: Pick<Environment, "network">, profile: Profile): Line[] {
	const { users, uploads } = profile;
	const { alwaysFree } = prices;
	const requests = apiRequests(profile);
	const streams = users * perUser.streamedAnswers;
	const logsGb = idle.sweeps * idle.logGbPerSweep + uploads * perUpload.logGb + requests * perUser.logGbPerRequest;
	const receives =
		all("AWS::Lambda::EventSourceMapping").length * idle.receivesPerQueue + uploads * perUpload.sqsRequests;
	const storedGb = uploads * monthsStored * (perUpload.originalGb + perUpload.derivedGb);
	const dataOut = users * perUser.dataOutGb;
	const natGb = network.mode === "private" ? uploads * 0.001 : 0;
	return [
		line(
			"log ingestion and a month's storage",
			`${logsGb.toFixed(2)} GB`,
			logsGb * (prices.logsIngestGb + prices.logsStoreGbMonth),
			{
				free: alwaysFree.logsGb * (prices.logsIngestGb + prices.logsStoreGbMonth),
			},
		),
		line("HTTP API requests", whole(requests - streams), ((requests - streams) / 1e6) * prices.httpApiMillion),
		line("REST API requests, of streamed answers", whole(streams), (streams / 1e6) * prices.restApiMillion),
		line("SQS requests, most of them polls of empty queues", whole(receives), (receives / 1e6) * prices.sqsMillion, {
			free: (alwaysFree.sqsRequests / 1e6) * prices.sqsMillion,
		}),
		line(
			"EventBridge events",
			whole(uploads * perUpload.events),
			((uploads * perUpload.events) / 1e6) * prices.eventBridgeMillion,
		),
		line(`S3 storage after ${monthsStored} months`, `${storedGb.toFixed(1)} GB`, storedGb * prices.s3StoreGbMonth),
		line(
			"S3 requests",
			whole(uploads * (perUpload.s3Puts + perUpload.s3Gets)),
			(uploads * perUpload.s3Puts * prices.s3PutsThousand +
				(uploads * perUpload.s3Gets + users * perUser.s3Gets) * prices.s3GetsThousand) /
				1_000,
		),
		...tableTraffic(all, profile),
		line("NAT data", `${natGb.toFixed(1)} GB`, natGb * prices.natGatewayGb),
		line("data to the internet", `${dataOut.toFixed(1)} GB`, dataOut * prices.dataOutGb, {
			free: alwaysFree.dataOutGb * prices.dataOutGb,
		}),
		line("Cognito users", whole(users), users * all("AWS::Cognito::UserPool").length * prices.cognitoUserMonth, {
			free: alwaysFree.cognitoUsers * prices.cognitoUserMonth,
		}),
	];
}

/** Prices the requests of the table of chats and limits. Its storage is within the free tier, since its items expire. */
function tableTraffic(all: All, profile: Profile): Line[] {
	const turns = profile.users * perUser.chatTurns;
	return all("AWS::DynamoDB::Table").flatMap(() => {
		const writes = turns * perUser.tableWritesPerTurn + apiRequests(profile) * tableWritesPerRequest;
		const reads = turns * perUser.tableReadsPerTurn + idle.sessionCounts * idle.tableReadsPerSessionCount;
		return [
			line("DynamoDB writes", whole(writes), (writes / 1e6) * prices.dynamoDbWritesMillion),
			line("DynamoDB reads", whole(reads), (reads / 1e6) * prices.dynamoDbReadsMillion),
		];
	});
}
