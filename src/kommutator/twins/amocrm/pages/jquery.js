// As much of jQuery as widgets of telephony use: selection, events, classes, markup, ajax with Deferred.

const words = (names) => String(names).split(/\s+/).filter(Boolean);
const [HTML, SPACED] = [/^\s*</, /\.(.*)$/];

class Query {
  constructor(nodes) {
    this.nodes = [...new Set(nodes.filter(Boolean))];
    this.length = this.nodes.length;
    this.nodes.forEach((node, place) => { this[place] = node; });
  }

  [Symbol.iterator]() { return this.nodes[Symbol.iterator](); }
  get(place) { return place === undefined ? this.nodes : this.nodes.at(place); }
  eq(place) { return new Query([this.nodes.at(place)]); }
  first() { return this.eq(0); }
  last() { return this.eq(-1); }
  each(act) { this.nodes.forEach((node, place) => act.call(node, place, node)); return this; }
  map(make) { return new Query(this.nodes.map((node, place) => make.call(node, place, node))); }
  filter(test) {
    const fits = typeof test === "function" ? (node, place) => test.call(node, place, node)
      : (node) => node.matches?.(test);
    return new Query(this.nodes.filter(fits));
  }
  is(selector) { return this.nodes.some((node) => node.matches?.(selector)); }
  find(selector) { return new Query(this.nodes.flatMap((n) => [...n.querySelectorAll(selector)])); }
  closest(selector) { return new Query(this.nodes.map((node) => node.closest(selector))); }
  parent() { return new Query(this.nodes.map((node) => node.parentElement)); }
  children(selector = "*") {
    return new Query(this.nodes.flatMap((node) => [...node.children])).filter(selector);
  }
  siblings(selector = "*") {
    const near = (node) => [...node.parentElement.children].filter((one) => one !== node);
    return new Query(this.nodes.flatMap(near)).filter(selector);
  }

  on(names, selector, act) {
    const [wanted, listener] = typeof selector === "function" ? [null, selector] : [selector, act];
    for (const name of words(names)) {
      const kind = name.replace(SPACED, "");
      const heard = (event) => {
        const target = wanted ? event.target.closest?.(wanted) : event.currentTarget;
        if (target && listener.call(target, event) === false) {
          event.preventDefault();
          event.stopPropagation();
        }
      };
      this.each((_, node) => {
        node.addEventListener(kind, heard);
        (node.$heard ??= []).push({ name, kind, heard, listener });
      });
    }
    return this;
  }
  off(names) {
    const gone = words(names ?? "");
    return this.each((_, node) => {
      for (const one of node.$heard ?? []) {
        const space = SPACED.exec(one.name)?.[0];
        if (gone.length && !gone.some((n) => n === one.name || n === one.kind || n === space)) continue;
        node.removeEventListener(one.kind, one.heard);
      }
    });
  }
  one(name, act) {
    const once = (event) => { this.off(name); return act.call(event.currentTarget, event); };
    return this.on(name, once);
  }
  trigger(name) { return this.each((_, n) => n.dispatchEvent(new Event(name, { bubbles: true }))); }
  click(act) { return act ? this.on("click", act) : this.each((_, node) => node.click()); }
  change(act) { return act ? this.on("change", act) : this.trigger("change"); }
  ready(act) { act.call(document, $); return this; }

  attr(name, value) {
    if (typeof name === "object") { Object.entries(name).forEach(([k, v]) => this.attr(k, v)); return this; }
    if (value === undefined) return this[0]?.getAttribute(name) ?? undefined;
    return this.each((_, node) => node.setAttribute(name, value));
  }
  removeAttr(name) { return this.each((_, node) => node.removeAttribute(name)); }
  prop(name, value) {
    return value === undefined ? this[0]?.[name] : this.each((_, node) => { node[name] = value; });
  }
  data(name, value) {
    if (value !== undefined) return this.each((_, node) => { (node.$data ??= {})[name] = value; });
    const told = this[0]?.$data?.[name];
    return told !== undefined ? told : this.attr(`data-${name}`);
  }
  val(value) { return this.prop("value", value); }
  text(value) { return this.prop("textContent", value) ?? ""; }
  html(value) { return this.prop("innerHTML", value) ?? ""; }
  css(name, value) {
    if (typeof name === "object") { Object.entries(name).forEach(([k, v]) => this.css(k, v)); return this; }
    if (value === undefined) return this[0] && getComputedStyle(this[0]).getPropertyValue(name);
    const size = typeof value === "number" ? `${value}px` : value;
    return this.each((_, node) => node.style.setProperty(name, size));
  }
  show() { return this.each((_, node) => { node.style.display = ""; node.hidden = false; }); }
  hide() { return this.each((_, node) => { node.style.display = "none"; }); }
  addClass(names) { return this.each((_, node) => node.classList.add(...words(names))); }
  removeClass(names) { return this.each((_, node) => node.classList.remove(...words(names))); }
  toggleClass(name, on) { return this.each((_, node) => node.classList.toggle(name, on)); }
  hasClass(name) { return this.nodes.some((node) => node.classList.contains(name)); }
  append(...parts) { return this.each((_, node) => node.append(...nodesOf(parts))); }
  prepend(...parts) { return this.each((_, node) => node.prepend(...nodesOf(parts))); }
  before(...parts) { return this.each((_, node) => node.before(...nodesOf(parts))); }
  after(...parts) { return this.each((_, node) => node.after(...nodesOf(parts))); }
  appendTo(target) { $(target).append(this); return this; }
  empty() { return this.each((_, node) => node.replaceChildren()); }
  remove() { return this.each((_, node) => node.remove()); }
}

function parse(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return [...template.content.childNodes];
}

function nodesOf(parts) {
  return parts.flatMap((part) => {
    if (part instanceof Query) return part.nodes;
    return typeof part === "string" ? parse(part) : [part];
  });
}

export function $(what, context = document) {
  if (typeof what === "function") { what.call(document, $); return new Query([document]); }
  if (what instanceof Query) return what;
  if (typeof what !== "string") return new Query(Array.isArray(what) ? what : [what]);
  return new Query(HTML.test(what) ? parse(what) : [...context.querySelectorAll(what)]);
}

$.fn = Query.prototype;
$.each = (all, act) => { Object.entries(all).forEach(([key, one]) => act.call(one, key, one)); return all; };
$.map = (all, make) => [...all].map(make);
$.extend = (...all) => Object.assign(...all.filter((one) => typeof one === "object"));
$.trim = (text) => String(text ?? "").trim();
$.isFunction = (what) => typeof what === "function";
$.isArray = Array.isArray;
$.noop = () => {};

// jQuery's promise: done, fail and always are heard in order, and `then` makes it awaitable.
$.Deferred = () => {
  const heard = { done: [], fail: [] };
  let [state, told] = ["pending", []];
  const settle = (kind, name) => (...values) => {
    if (state !== "pending") return deferred;
    [state, told] = [name, values];
    heard[kind].forEach((act) => act(...values));
    return deferred;
  };
  const listen = (kind, name) => (...acts) => {
    for (const act of acts) state === name ? act(...told) : heard[kind].push(act);
    return deferred;
  };
  const deferred = {
    resolve: settle("done", "resolved"),
    reject: settle("fail", "rejected"),
    done: listen("done", "resolved"),
    fail: listen("fail", "rejected"),
    always: (act) => deferred.done(act).fail(act),
    state: () => state,
    promise: () => deferred,
    then: (good, bad) => new Promise((yes, no) => { deferred.done(yes).fail(no); }).then(good, bad),
    catch: (bad) => deferred.then(undefined, bad),
  };
  return deferred;
};

$.param = (fields) => new URLSearchParams(Object.entries(fields ?? {})).toString();

$.ajax = (first, second) => {
  const order = typeof first === "string" ? { ...second, url: first } : first;
  const deferred = $.Deferred();
  if (order.success) deferred.done(order.success);
  if (order.error) deferred.fail(order.error);
  if (order.complete) deferred.always(order.complete);
  send(order, deferred);
  return deferred;
};
$.get = (url, data, success) => $.ajax({ url, data, success });
$.post = (url, data, success, dataType) => $.ajax({ url, method: "POST", data, success, dataType });
$.getJSON = (url, data, success) => $.ajax({ url, data, success, dataType: "json" });

async function send(order, deferred) {
  const method = (order.method ?? order.type ?? "GET").toUpperCase();
  const plain = order.data && typeof order.data === "object" && order.processData !== false;
  const data = plain ? $.param(order.data) : order.data;
  const reads = method === "GET" && data;
  const headers = { ...order.headers };
  if (data && !reads && order.contentType !== false) {
    headers["Content-Type"] = order.contentType ?? "application/x-www-form-urlencoded; charset=UTF-8";
  }
  const cut = new AbortController();
  const timer = order.timeout ? setTimeout(() => cut.abort(), order.timeout) : 0;
  const url = reads ? `${order.url}${order.url.includes("?") ? "&" : "?"}${data}` : order.url;
  const told = { status: 0, responseText: "", responseJSON: undefined };
  try {
    order.beforeSend?.({ setRequestHeader: (name, value) => { headers[name] = value; } });
    const credentials = order.xhrFields?.withCredentials ? "include" : "same-origin";
    const answer = await fetch(url, {
      method, headers, credentials, signal: cut.signal, body: reads ? undefined : data,
    });
    told.status = answer.status;
    told.responseText = await answer.text();
    const isJson = order.dataType === "json" || (answer.headers.get("Content-Type") ?? "").includes("json");
    if (isJson && told.responseText) told.responseJSON = JSON.parse(told.responseText);
    if (answer.ok) deferred.resolve(told.responseJSON ?? told.responseText, "success", told);
    else deferred.reject(told, "error", answer.statusText);
  } catch (failure) {
    deferred.reject(told, cut.signal.aborted ? "timeout" : "error", failure.message);
  } finally {
    clearTimeout(timer);
  }
}
