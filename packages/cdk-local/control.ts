import type { AwsRequest, AwsResponse } from "./endpoint/types.ts";
import type { Stores } from "./stores.ts";

/**
 * Serves what AWS has no API for, below `/_local/` on the endpoint of the AWS APIs:
 * crashes the next invocation, runs a schedule now, stops and starts the database.
 */
export function controlApi({
	functions,
	schedules,
	database,
}: Pick<Stores, "functions" | "schedules" | "database">): (request: AwsRequest) => Promise<AwsResponse> {
	const find = (name: string) => functions.find((settings) => settings.name === name || settings.logicalId === name);
	return async (request) => {
		// No signature guards these paths, so web pages are refused: browsers always send Origin.
		if (request.headers.origin) return answer(403, { message: "Forbidden" });
		const [, noun = "", name = "", verb = ""] = request.path
			.replace(/^\/_local\//, "/")
			.split("/")
			.map(decodeURIComponent);
		switch (`${request.method} ${noun} ${verb}`.trim()) {
			case "GET health":
				return answer(200, { status: "healthy" });
			case "PUT functions crash-at": {
				const target = find(name);
				const point = crashPoint(request.body);
				if (!target) return noFunction(name);
				if (!point) {
					return answer(400, {
						message: 'The body must be {"at": "before:port.call"}.',
					});
				}
				target.crashNextAt(point);
				return answer(200, { function: target.settings.name, at: point });
			}
			case "GET functions crash-at": {
				const target = find(name);
				return target ? answer(200, target.crash) : noFunction(name);
			}
			case "POST schedules run": {
				const target = find(name);
				if (!target) return noFunction(name);
				const count = schedules.runNow(target.settings.arn);
				return count > 0 ? answer(202, { started: count }) : answer(404, { message: `Nothing schedules ${name}.` });
			}
			default:
		}
		if (request.method === "POST" && noun === "database") {
			if (name === "stop") await database.stop();
			else if (name === "start") await database.resume();
			else return answer(404, { message: `No database/${name}.` });
			return answer(200, { database: name });
		}
		return answer(404, {
			message: `cdk-local has no ${request.method} ${request.path}.`,
		});
	};
}

function crashPoint(body: Buffer): string | null {
	try {
		const { at } = JSON.parse(body.toString());
		return typeof at === "string" && at !== "" ? at : null;
	} catch {
		return null;
	}
}

const noFunction = (name: string) => answer(404, { message: `There is no function ${name}.` });

function answer(status: number, value: object): AwsResponse {
	return {
		status,
		headers: { "content-type": "application/json" },
		body: JSON.stringify(value),
	};
}
