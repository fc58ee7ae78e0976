import { z } from "zod";
import { ignored, resource, tags } from "../../template/resource.ts";

/** A log group; its events are in files below the state folder. */
export const logGroup = resource(
	{
		LogGroupName: z.string().optional(),
		RetentionInDays: ignored("nothing here costs by the day"),
		KmsKeyId: ignored("nothing is encrypted at rest here"),
		LogGroupClass: ignored("nothing is billed"),
		Tags: tags,
	},
	({ LogGroupName }, { stores, physicalName }) => {
		const name = LogGroupName ?? physicalName(512);
		return {
			ref: name,
			attributes: { Arn: stores.state.arn("logs", `log-group:${name}:*`) },
		};
	},
);
