import { useLanguage } from "#web/i18n/i18n.tsx";
import { SelectField } from "#web/ui/select-field.tsx";
import { toast } from "#web/ui/toasts.ts";
import { useChangeMe, useMe } from "./use-settings.ts";

const zones = Intl.supportedValuesOf("timeZone");

/** The zone in which a chat takes "yesterday"; that of this device until the person chooses one. */
export function TimeZone() {
	const { t } = useLanguage();
	const { data } = useMe();
	const change = useChangeMe();
	const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
	// A zone that this browser does not list must stay what it is.
	const chosen = change.isPending ? change.variables.time_zone : data?.time_zone;
	const listed = chosen && !zones.includes(chosen) ? [chosen, ...zones] : zones;
	return (
		<SelectField
			label={t("settings.timeZone")}
			value={chosen ?? ""}
			disabled={!data}
			options={[["", t("settings.timeZone.device", { zone: here })], ...listed.map((zone) => [zone, zone] as const)]}
			onChange={({ target }) =>
				change.mutate(
					{ time_zone: target.value || null },
					{
						onSuccess: () => toast(t("settings.saved")),
						onError: (error) => toast(error.message, { tone: "danger" }),
					},
				)
			}
		/>
	);
}
