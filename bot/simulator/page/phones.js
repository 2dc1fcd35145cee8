"use strict";

// Every word that arrives is put in as text, never as markup.

const KEPT_BUBBLES = 120;
const ELDER = /奶奶|爷爷|大娘|大爷|老人|独居/;
const HELPER = /组长|邻居|女儿|儿子|家人|家属|协调|协理|网格|医|志愿|督导|村干部|媳妇/;
const OWN_WORDS = { voice: "[语音]", picture: "图片", video: "视频", sticker: "😊" };

const find = (selector, inside = document) => inside.querySelector(selector);
const village = find("#village");
const phones = new Map();
let menu = [];
let live = false;

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// --- one phone

function phoneOf(owner, hue) {
  const article = find("#phone").content.firstElementChild.cloneNode(true);
  const phone = {
    owner, article, news: 0, unread: 0, lastAt: "",
    bubbles: find(".bubbles", article),
    input: find(".say input", article),
    note: find(".note", article),
    tray: find(".tray", article),
  };
  article.style.setProperty("--hue", hue);
  find(".face", article).textContent = owner.name.slice(0, 1);
  find(".name", article).textContent = owner.name;
  find(".role", article).textContent = [owner.role, owner.group].filter(Boolean).join(" · ");
  phone.bubbles.setAttribute("aria-label", `${owner.name}的聊天`);
  phone.input.setAttribute("aria-label", `以${owner.name}的身份说`);
  phone.input.placeholder = "说一句……";
  find(".quick", article).append(...quickButtons(phone));
  find(".say", article).addEventListener("submit", (event) => {
    event.preventDefault();
    say(phone, "text", phone.input.value);
  });
  find(".more", article).addEventListener("click", (event) => openTray(phone, event.currentTarget));
  find(".who", article).addEventListener("click", () => openChat(phone));
  return phone;
}

function button(label, className, press) {
  const element = make("button", className, label);
  element.type = "button";
  element.addEventListener("click", press);
  return element;
}

function quickButtons(phone) {
  const role = phone.owner.role;
  const elder = ELDER.test(role) || !HELPER.test(role);
  const voice = button("语音", "", () => say(phone, "voice", phone.input.value));
  voice.title = "框里有字，就当作语音听写出来的字";
  const well = button("平安", "well", () => say(phone, "text", "平安"));
  const thumb = button("👍", "", () => say(phone, "text", "👍"));
  const helping = [
    button("我去", "go", () => say(phone, "text", "我去")),
    button("平安 …", "", () => begin(phone, "平安 ")),
  ];
  if (!elder) return [...helping, voice];
  return HELPER.test(role) ? [well, voice, ...helping] : [well, voice, thumb];
}

function begin(phone, words) {
  phone.input.value = words;
  phone.input.focus();
}

function openTray(phone, opener) {
  phone.tray.hidden = !phone.tray.hidden;
  opener.setAttribute("aria-expanded", String(!phone.tray.hidden));
  if (!phone.tray.hidden) fillTray(phone);
}

function fillTray(phone) {
  const doing = (label, kind, words) => button(label, "", () => say(phone, kind, words()));
  const nothing = () => "";
  phone.tray.replaceChildren(
    doing("表情", "sticker", nothing),
    doing("图片", "picture", nothing),
    ...menu.map(([name, key]) => doing(`菜单 · ${name}`, "menu", () => key)),
    doing("扫框里的码", "scan", () => phone.input.value),
    doing("关注", "follow", nothing),
    doing("取消关注", "unfollow", nothing),
  );
}

function openChat(phone) {
  const open = phone.article.classList.toggle("open");
  find(".who", phone.article).setAttribute("aria-expanded", String(open));
  countUnread(phone, 0);
  phone.bubbles.scrollTop = phone.bubbles.scrollHeight;
}

function countUnread(phone, unread) {
  phone.unread = unread;
  const badge = find(".unread", phone.article);
  badge.hidden = unread === 0;
  badge.textContent = unread;
  badge.setAttribute("aria-label", `${unread} 条新消息`);
}

async function say(phone, kind, words) {
  phone.note.hidden = true;
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind, text: words }),
  };
  try {
    const answer = await fetch(`/phones/${encodeURIComponent(phone.owner.openid)}/say`, request);
    if (!answer.ok) return complain(phone, await answer.text());
    if (words && words === phone.input.value) phone.input.value = "";
  } catch {
    complain(phone, "没发出去，请再试一次。");
  }
}

function complain(phone, sentence) {
  phone.note.textContent = sentence;
  phone.note.hidden = false;
}

// --- bubbles

function bodyOf(bubble) {
  const body = make("div", "body");
  if (bubble.kind === "card" || bubble.kind === "notice") {
    const [heading, ...rows] = bubble.text.split("\n");
    body.append(make("span", "heading", heading), ...rows.map(rowOf));
  } else {
    body.textContent = wordsOf(bubble);
  }
  return body;
}

function wordsOf(bubble) {
  if (bubble.kind === "voice") return bubble.text ? `听写：${bubble.text}` : "语音";
  return OWN_WORDS[bubble.kind] ?? bubble.text;
}

function rowOf(line) {
  const row = make("span", "row");
  const colon = line.indexOf("：");
  row.append(make("span", "label", line.slice(0, colon)), make("span", "value", line.slice(colon + 1)));
  return row;
}

function add(bubble) {
  const phone = phones.get(bubble.openid);
  if (!phone) return;
  const atEnd = phone.bubbles.scrollHeight - phone.bubbles.scrollTop - phone.bubbles.clientHeight < 80;
  const item = make("li", `bubble ${bubble.side} ${bubble.kind}`);
  item.append(bodyOf(bubble));
  if (bubble.at !== phone.lastAt) item.append(make("time", "", bubble.at));
  phone.lastAt = bubble.at;
  if (bubble.mood) item.classList.add(bubble.mood);
  phone.bubbles.append(item);
  while (phone.bubbles.childElementCount > KEPT_BUBBLES) phone.bubbles.firstElementChild.remove();
  if (atEnd || bubble.side === "hers") phone.bubbles.scrollTop = phone.bubbles.scrollHeight;
  noteArrival(phone, bubble, item);
}

function noteArrival(phone, bubble, item) {
  const preview = bubble.kind === "card" ? bubble.text.replaceAll("\n", " ") : wordsOf(bubble);
  find(".last", phone.article).textContent = (bubble.side === "hers" ? "我：" : "") + preview;
  if (bubble.mood === "alarm") phone.article.classList.add("alarmed");
  if (bubble.mood === "calm" || bubble.side === "hers") phone.article.classList.remove("alarmed");
  if (live) flash(phone, bubble, item);
}

function flash(phone, bubble, item) {
  phone.news = bubble.number;
  item.classList.add("new");
  phone.article.classList.remove("new");
  void phone.article.offsetWidth; // lets the glow begin anew
  phone.article.classList.add("new");
  if (bubble.side === "ours" && !phone.article.classList.contains("open")) countUnread(phone, phone.unread + 1);
  if (bubble.mood === "alarm") find("#alarms").textContent = `${phone.owner.name}收到警报：${bubble.text}`;
  arrange();
}

// --- the village

function meet(cast) {
  live = false;
  if (!cast.fresh) return;
  phones.clear();
  const groups = [...new Set(cast.people.map((owner) => owner.group))];
  for (const owner of cast.people) {
    phones.set(owner.openid, phoneOf(owner, (groups.indexOf(owner.group) * 67 + 28) % 360));
  }
  village.replaceChildren(...[...phones.values()].map((phone) => phone.article));
}

function arrange() {
  const wanted = find("#filter").value.trim();
  const alarmsOnly = find("#alarms-only").checked;
  const writing = village.contains(document.activeElement) && document.activeElement.matches("input");
  let shown = 0;
  for (const { owner, article, news } of phones.values()) {
    const fits = [owner.name, owner.role, owner.group].some((word) => word.includes(wanted));
    article.hidden = !fits || (alarmsOnly && !article.classList.contains("alarmed"));
    if (!article.hidden) shown += 1;
    // A phone must not run away from under the fingers of who writes on it.
    if (!writing) article.style.order = find("#news-first").checked ? -news : 0;
  }
  find("#count").textContent =
    shown === phones.size ? `${shown} 部手机，守望相助` : `${phones.size} 部手机里的 ${shown} 部`;
  find("#nobody").hidden = shown > 0;
}

function lightOf(minutes) {
  if (minutes < 300 || minutes >= 1170) return "night";
  if (minutes < 420) return "dawn";
  if (minutes < 630) return "morning";
  return minutes < 960 ? "noon" : "dusk";
}

function tick(time) {
  find("#hour").textContent = time.hour;
  find("#second").textContent = time.second;
  find("#day").textContent = time.day;
  const sky = find("#sky");
  sky.dataset.light = lightOf(time.minutes);
  const byDay = (time.minutes - 300) / 870;
  const byNight = ((time.minutes + 270) % 1440) / 570;
  sky.style.setProperty("--sun", byDay >= 0 && byDay <= 1 ? byDay : byNight);
}

// --- what the server tells

const events = new EventSource("/phones/events");
const on = (name, heard) => events.addEventListener(name, (event) => heard(JSON.parse(event.data)));
on("cast", meet);
on("menu", (buttons) => { menu = buttons; });
on("clock", tick);
on("bubble", add);
on("live", () => { live = true; arrange(); });
events.addEventListener("error", () => { find("#count").textContent = "断开了，正在重新连上……"; });

find("#tools").addEventListener("submit", (event) => event.preventDefault());
find("#tools").addEventListener("input", arrange);
village.addEventListener("focusout", () => setTimeout(arrange));
