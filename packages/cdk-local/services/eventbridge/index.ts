import type { AwsService } from "../service.ts";
import { eventBridgeApi } from "./api.ts";
import { eventBus, rule, schedule } from "./resource.ts";

export const eventBridge: AwsService = {
	name: "eventbridge",
	resources: {
		"AWS::Events::EventBus": eventBus,
		"AWS::Events::Rule": rule,
		"AWS::Scheduler::Schedule": schedule,
	},
	api: ({ buses }) => eventBridgeApi(buses),
	start({ schedules }) {
		schedules.start();
		return () => schedules.stop();
	},
};
