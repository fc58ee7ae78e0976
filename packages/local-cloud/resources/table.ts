import { z } from "zod";
import type { CreateResource } from "./resource.ts";

/** Has a name only: DynamoDB's calls are answered with an error until chat needs them. */
export const table: CreateResource = (properties, context) => {
	const name =
		z.string().optional().parse(properties.TableName) ??
		context.physicalName(255);
	return {
		ref: name,
		attributes: { Arn: context.machine.state.arn("dynamodb", `table/${name}`) },
	};
};
