import type { AwsService } from "../service.ts";
import { stsApi } from "./api.ts";

export const sts: AwsService = {
	name: "sts",
	resources: {},
	api: ({ state }) => stsApi(state),
};
