// Texts of every kind that groups hold, to measure the token estimate by. Written for this test.

const ENGLISH = `We met on Tuesday to decide what the first release should hold. Most of us wanted to keep it small: a list of
gardens, a calendar of what has to be watered, and a way to hand a task to somebody else. Noor argued that the calendar is
worth little without reminders, because nobody opens an app to find out that they have forgotten something. In the end we
agreed to ship reminders by mail only, and to leave push notifications for later.

Three things are still open. We do not know whether the city will let us use its weather data; Lena has written to them twice
and is waiting for an answer. We have no figures on how many people share one garden, which matters for the price. And the
translation of the guide into Portuguese has not been started, although it was promised for the end of the month.

I think the honest thing would be to tell everyone now that the guide will be late. It's easier to forgive a delay that was
announced than one that was hidden, and we've got enough goodwill left to spend a little of it. What do you all think?`;

const GERMAN = `Am Dienstag haben wir besprochen, was die erste Veröffentlichung enthalten soll. Die meisten wollten sie klein halten:
eine Liste der Gärten, einen Kalender mit den anstehenden Bewässerungen und eine Möglichkeit, Aufgaben an andere weiterzugeben.
Noor hat eingewandt, dass der Kalender ohne Erinnerungen wenig nützt, weil niemand eine Anwendung öffnet, um herauszufinden,
dass er etwas vergessen hat. Schließlich haben wir uns darauf geeinigt, zunächst nur Erinnerungen per E-Mail zu verschicken.

Drei Fragen sind noch offen. Wir wissen nicht, ob die Stadtverwaltung uns die Wetterdaten überlässt; Lena hat zweimal
geschrieben und wartet auf Antwort. Über die durchschnittliche Größe der Gemeinschaftsgärten liegen uns keine verlässlichen
Zahlen vor, obwohl sie für die Preisgestaltung entscheidend wären. Und die Übersetzung des Benutzerhandbuchs ins
Portugiesische wurde noch gar nicht begonnen, obwohl sie für Monatsende zugesagt war.

Ehrlicherweise müssten wir jetzt allen mitteilen, dass sich das Handbuch verspätet. Eine angekündigte Verzögerung lässt sich
leichter verzeihen als eine verschwiegene. Was haltet ihr davon?`;

const FRENCH = `Nous nous sommes réunis mardi pour décider de ce que contiendrait la première version. La plupart d'entre nous
souhaitaient qu'elle reste modeste : une liste des jardins, un calendrier des arrosages prévus et un moyen de confier une tâche
à quelqu'un d'autre. Noor a fait remarquer que le calendrier ne sert pas à grand-chose sans rappels, puisque personne n'ouvre
une application pour découvrir qu'il a oublié quelque chose. Finalement, nous avons convenu de n'envoyer que des courriels.
Trois questions restent ouvertes, et la traduction du guide en portugais n'a toujours pas été commencée.`;

const RUSSIAN = `Во вторник мы встретились, чтобы решить, что войдёт в первую версию. Большинство хотело, чтобы она была небольшой:
список садов, календарь поливов и возможность передать задачу кому-нибудь другому. Нур возразила, что без напоминаний от
календаря мало толку, ведь никто не открывает приложение, чтобы узнать, что он что-то забыл. В конце концов мы договорились
отправлять напоминания только по почте. Три вопроса остались открытыми, а перевод руководства ещё не начат.`;

const TYPESCRIPT = `import { readFile } from "node:fs/promises";

export interface GardenPlan {
  readonly gardenId: string;
  readonly beds: ReadonlyArray<{ name: string; litresPerWeek: number }>;
  readonly updatedAt: Date | null;
}

/** Sums what a plan needs per week; beds without a number count as nothing. */
export function weeklyLitres(plan: GardenPlan): number {
  return plan.beds.reduce((sum, bed) => sum + (bed.litresPerWeek ?? 0), 0);
}

export async function loadPlans(path: string): Promise<Map<string, GardenPlan>> {
  const text = await readFile(path, "utf8");
  const plans = new Map<string, GardenPlan>();
  for (const [index, line] of text.split("\\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    try {
      const plan = JSON.parse(line) as GardenPlan;
      plans.set(plan.gardenId, { ...plan, updatedAt: plan.updatedAt && new Date(plan.updatedAt) });
    } catch (error) {
      throw new SyntaxError(\`line \${index + 1} of \${path} is no JSON: \${String(error)}\`);
    }
  }
  return plans;
}

const isDue = (plan: GardenPlan, now: number): boolean =>
  plan.updatedAt === null || now - plan.updatedAt.getTime() > 7 * 24 * 3_600_000;`;

const PYTHON = `#!/usr/bin/env python3
"""Reads the soil sensors and writes one row per bed and hour."""
import argparse
import csv
import datetime as dt
from pathlib import Path

SENSOR_PATTERN = "sensor_*.csv"


class SensorError(RuntimeError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


def read_rows(path: Path) -> list[dict[str, float]]:
    rows = []
    with path.open(newline="", encoding="utf-8") as handle:
        for number, row in enumerate(csv.DictReader(handle), start=2):
            try:
                rows.append({key: float(value) for key, value in row.items() if key != "time"})
            except ValueError as error:
                raise SensorError(path, f"line {number}: {error}") from error
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--since", type=dt.date.fromisoformat, default=dt.date.today())
    options = parser.parse_args()
    for path in sorted(options.folder.glob(SENSOR_PATTERN)):
        rows = read_rows(path)
        mean = sum(row["moisture"] for row in rows) / max(len(rows), 1)
        print(f"{path.stem:<24} {len(rows):>6} rows   mean {mean:0.3f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())`;

const PLAN = {
  gardenId: "north-7",
  owner: { name: "Lena Weber", email: "lena@example.org", verified: true },
  beds: [
    { name: "tomatoes", litresPerWeek: 42.5, plantedAt: "2026-04-12T08:30:00Z", tags: ["sun"] },
    {
      name: "lettuce",
      litresPerWeek: 18,
      plantedAt: "2026-05-02T17:05:12Z",
      tags: ["shade", "salad"],
    },
    { name: "pumpkin", litresPerWeek: 77.25, plantedAt: null, tags: [] },
  ],
  position: { latitude: 52.520008, longitude: 13.404954, elevation_m: 34 },
  history: [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987],
  url: "https://api.example.org/v2/gardens/north-7?include=beds&page=1",
  notes: "Water early.\nNever at noon.",
};
const MANY = Array.from({ length: 12 }, (_, index) => ({ ...PLAN, gardenId: `north-${index}` }));

const CHINESE = `我们星期二开会，讨论第一个版本应该包含哪些内容。大多数人希望它保持简单：一份花园清单、一份浇水日历，以及把任务交给别人的方法。
努尔认为，如果没有提醒，日历就没有多大用处，因为没有人会打开应用程序去发现自己忘记了什么。最后我们决定先只通过电子邮件发送提醒，推送通知以后再说。
还有三个问题没有解决。我们不知道市政府是否允许我们使用天气数据；莱娜已经写了两次信，正在等待答复。关于有多少人共用一个花园，我们没有可靠的数字，
而这对定价很重要。葡萄牙语指南的翻译还没有开始，尽管我们答应在月底完成。老实说，现在就应该告诉大家指南会延期。`;

const TRADITIONAL = `我們星期二開會，討論第一個版本應該包含哪些內容。大多數人希望它保持簡單：一份花園清單、一份澆水日曆，以及把任務交給別人的方法。
努爾認為，如果沒有提醒，日曆就沒有多大用處。還有三個問題沒有解決，葡萄牙語指南的翻譯還沒有開始，儘管我們答應在月底完成。`;

const JAPANESE = `火曜日に集まって、最初のリリースに何を入れるかを話し合いました。ほとんどの人は小さく保ちたいと考えていました。庭の一覧、水やりのカレンダー、
そして作業をほかの人に頼む方法です。ヌールさんは、リマインダーがなければカレンダーはあまり役に立たないと言いました。忘れたことに気づくためにアプリを開く人は
いないからです。結局、まずはメールでのお知らせだけを送ることにして、プッシュ通知は後回しにしました。まだ決まっていないことが三つあります。市が気象データの
使用を認めてくれるかどうかわかりません。レナさんは二度手紙を書き、返事を待っています。ポルトガル語のガイドの翻訳もまだ始まっていません。`;

const KOREAN = `화요일에 모여서 첫 번째 버전에 무엇을 넣을지 이야기했습니다. 대부분은 작게 유지하기를 원했습니다. 정원 목록, 물 주기 달력, 그리고 다른 사람에게
일을 맡기는 방법입니다. 누르는 알림이 없으면 달력이 별로 쓸모가 없다고 말했습니다. 잊어버린 것을 알아내려고 앱을 여는 사람은 없기 때문입니다. 결국 우선은 이메일로만
알림을 보내기로 했습니다. 아직 세 가지 문제가 남아 있습니다. 시에서 날씨 데이터를 쓰게 해 줄지 모릅니다. 레나는 두 번 편지를 쓰고 답장을 기다리고 있습니다.
포르투갈어 안내서 번역도 아직 시작되지 않았습니다.`;

const EMOJI = `Great news 🎉🎉 the tomatoes are ripe 🍅🍅🍅 and the pumpkins 🎃 too! 👩‍🌾👨‍👩‍👧‍👦 See you at 5 ⏰ — bring gloves 🧤, water 💧 and
cake 🍰☕️. 👍🏽 from Noor, ❤️ from Lena, 😂🤣😅 from everybody else. 🇩🇪🇧🇷🇯🇵 ✅ done ❌ not done ⚠️ careful → next ★★★☆☆`;

/** Hex digits that follow from a number, so that the text is the same each time. */
function digits(length: number, alphabet: string): string {
  let state = 12_345;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += alphabet[(state >>> 16) % alphabet.length];
  }
  return text;
}
const HEX = "0123456789abcdef";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const hex = digits(1_024, HEX);
const UUIDS = Array.from({ length: 30 }, (_, index) => {
  const from = hex.slice(index * 32, index * 32 + 32);
  return `${from.slice(0, 8)}-${from.slice(8, 12)}-${from.slice(12, 16)}-${from.slice(16, 20)}-${from.slice(20)}`;
}).join("\n");

const TABLE = `| bed | litres per week | planted | state |
|---|---:|---|---|
${Array.from({ length: 20 }, (_, index) => `| bed ${index} | ${(index * 7.3).toFixed(1)} | 2026-0${(index % 9) + 1}-1${index % 10} | ${index % 3 ? "ok" : "dry"} |`).join("\n")}`;

const LISTING = Array.from(
  { length: 30 },
  (_, index) =>
    `-rw-r--r-- 1 lena garden ${(index * 7_919) % 100_000} Nov ${(index % 28) + 1} 16:${10 + index} src/plans/plan-${index}.test.ts`,
).join("\n");

const LOG = Array.from(
  { length: 20 },
  (_, index) =>
    `2026-11-26T16:${10 + index}:07.${100 + index}Z INFO [worker-${index % 4}] GET /api/v1/gardens/${index * 37}/beds?limit=50 200 ${index * 3 + 4}ms user=usr_01j${hex.slice(index, index + 20)}`,
).join("\n");

const MARKDOWN = `## Decisions
- Ship **reminders by mail** first, see [the plan](https://example.org/plan#mail) [#12, #15]
- \`weeklyLitres()\` moves to \`src/plans/litres.ts\` [#31]

## Current state
1. The calendar works offline.
2. @noor reviews the texts; @ada fixes the *last two* bugs.

> It's easier to forgive a delay that was announced.

\`\`\`sh
npm install && npm test -- --watch=false
\`\`\``;

/** Texts by kind; the same at every call. */
export const CORPORA: Readonly<Record<string, string>> = {
  ENGLISH,
  GERMAN,
  FRENCH,
  RUSSIAN,
  TYPESCRIPT,
  PYTHON,
  "JSON, compact": JSON.stringify(MANY),
  "JSON, indented": JSON.stringify(PLAN, null, 2),
  CHINESE,
  TRADITIONAL,
  JAPANESE,
  KOREAN,
  EMOJI,
  HEX: hex,
  BASE64: digits(1_024, BASE64),
  UUIDS,
  TABLE,
  LISTING,
  LOG,
  MARKDOWN,
};
