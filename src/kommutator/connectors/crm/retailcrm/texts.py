"""Our own sentences for people: what happened, whose turn it is, one action.

Data for the catalogs: `hint.<slug>` for refusals, `retailcrm.<name>` for the form.
"""

# ruff: noqa: E501  a sentence stays on one line, beside its translations

from __future__ import annotations

from typing import Final

HINTS: Final[dict[str, dict[str, str]]] = {
    "key_missing": {
        "ru": "RetailCRM не получила ключ API. Введите ключ в настройках подключения и проверьте его.",
        "uk": "RetailCRM не отримала ключ API. Введіть ключ у налаштуваннях підключення й перевірте його.",
        "en": "RetailCRM received no API key. Enter the key in the connection's settings and test it.",
    },
    "key_wrong": {
        "ru": "RetailCRM больше не принимает ключ API: он удалён, отключён или введён с ошибкой. Создайте ключ в RetailCRM (Настройки → Интеграция → Ключи доступа к API) и подключите заново.",
        "uk": "RetailCRM більше не приймає ключ API: його видалено, вимкнено або введено з помилкою. Створіть ключ у RetailCRM (Налаштування → Інтеграція → Ключі доступу до API) і підключіть знову.",
        "en": "RetailCRM no longer accepts the API key: it was deleted, disabled or mistyped. Create a key in RetailCRM (Settings → Integration → API access keys) and reconnect.",
    },
    "scope_missing": {
        "ru": "Ключу API не хватает прав на это действие. Администратору RetailCRM нужно добавить недостающие права ключу, затем повторите отправку.",
        "uk": "Ключу API бракує прав на цю дію. Адміністратору RetailCRM потрібно додати ключу відсутні права, потім повторіть надсилання.",
        "en": "The API key lacks the rights for this action. A RetailCRM administrator has to grant them to the key; then send again.",
    },
    "not_in_this_crm": {
        "ru": "В RetailCRM такого действия нет: «Неразобранное», этапы сделок и примечания есть у amoCRM. Уберите это действие из правил или подключите amoCRM.",
        "uk": "У RetailCRM такої дії немає: «Нерозібране», етапи угод і примітки є в amoCRM. Приберіть цю дію з правил або підключіть amoCRM.",
        "en": "RetailCRM has no such action: the tray of incoming leads, stages and notes belong to amoCRM. Remove the action from the rules, or connect amoCRM.",
    },
    "account_missing": {
        "ru": "По этому адресу нет аккаунта RetailCRM: он переименован, закрыт или введён с ошибкой. Проверьте адрес в настройках подключения.",
        "uk": "За цією адресою немає акаунта RetailCRM: його перейменовано, закрито або введено з помилкою. Перевірте адресу в налаштуваннях підключення.",
        "en": "There is no RetailCRM account at this address: it was renamed, closed or mistyped. Check the address in the connection's settings.",
    },
    "address_refused": {
        "ru": "Адрес ведёт во внутреннюю сеть или не использует https. Укажите публичный адрес вида https://имя.retailcrm.ru.",
        "uk": "Адреса веде у внутрішню мережу або не використовує https. Вкажіть публічну адресу на кшталт https://ім'я.retailcrm.ru.",
        "en": "The address leads into an internal network or does not use https. Enter a public address such as https://name.retailcrm.ru.",
    },
    "address_moved": {
        "ru": "RetailCRM перенаправляет на другой адрес: вероятно, аккаунт переименован. Откройте CRM в браузере и сохраните в подключении её новый адрес.",
        "uk": "RetailCRM перенаправляє на іншу адресу: ймовірно, акаунт перейменовано. Відкрийте CRM у браузері й збережіть у підключенні її нову адресу.",
        "en": "RetailCRM redirects to another address: the account was probably renamed. Open the CRM in a browser and save its new address in the connection.",
    },
    "telephony_off": {
        "ru": "Модуль телефонии в RetailCRM выключен, поэтому она не принимает звонки. Включите модуль в RetailCRM или нажмите «Зарегистрировать заново».",
        "uk": "Модуль телефонії в RetailCRM вимкнено, тому вона не приймає дзвінки. Увімкніть модуль у RetailCRM або натисніть «Зареєструвати знову».",
        "en": "The telephony module is switched off in RetailCRM, so it takes no calls. Switch it on in RetailCRM or press “Register again”.",
    },
    "method_unknown": {
        "ru": "Эта версия RetailCRM не знает нужного метода API. Проверьте адрес; для коробочной версии попросите обновление.",
        "uk": "Ця версія RetailCRM не знає потрібного методу API. Перевірте адресу; для коробкової версії попросіть оновлення.",
        "en": "This RetailCRM version does not know the API method. Check the address; ask for an update of a boxed version.",
    },
    "entity_gone": {
        "ru": "В RetailCRM больше нет этой записи. Обновите список сотрудников и магазинов и проверьте сопоставление.",
        "uk": "У RetailCRM більше немає цього запису. Оновіть список співробітників і магазинів і перевірте зіставлення.",
        "en": "RetailCRM no longer has this record. Refresh the employees and shops and check the mapping.",
    },
    "entity_refused": {
        "ru": "RetailCRM отклонила данные; её слова показаны рядом. Исправьте указанное поле в настройках и повторите отправку.",
        "uk": "RetailCRM відхилила дані; її слова показано поруч. Виправте вказане поле в налаштуваннях і повторіть надсилання.",
        "en": "RetailCRM refused the data; its words are shown beside. Correct the named field in the settings and send again.",
    },
    "parameters_refused": {
        "ru": "RetailCRM отклонила параметры запроса; её слова показаны рядом. Проверьте коды магазинов и способов оформления в настройках и повторите отправку.",
        "uk": "RetailCRM відхилила параметри запиту; її слова показано поруч. Перевірте коди магазинів і способів оформлення в налаштуваннях і повторіть надсилання.",
        "en": "RetailCRM refused the request's parameters; its words are shown beside. Check the shop and order-method codes in the settings and send again.",
    },
    "request_malformed": {
        "ru": "RetailCRM не смогла прочитать наш запрос: это ошибка на нашей стороне. Передайте разработчикам диагностику этого подключения.",
        "uk": "RetailCRM не змогла прочитати наш запит: це помилка на нашому боці. Передайте розробникам діагностику цього підключення.",
        "en": "RetailCRM could not read our request: the fault is ours. Send the developers this connection's diagnostics.",
    },
    "task_refused": {
        "ru": "RetailCRM не приняла задачу: у неё нет действующего исполнителя. Выберите исполнителя по умолчанию в настройках подключения.",
        "uk": "RetailCRM не прийняла задачу: у неї немає чинного виконавця. Виберіть виконавця за замовчуванням у налаштуваннях підключення.",
        "en": "RetailCRM did not take the task: it has no valid performer. Choose a default performer in the connection's settings.",
    },
    "no_performer": {
        "ru": "Некому поставить задачу: добавочный ни с кем не сопоставлен, у клиента нет менеджера. Выберите исполнителя по умолчанию в настройках подключения.",
        "uk": "Нікому поставити задачу: внутрішній номер ні з ким не зіставлено, у клієнта немає менеджера. Виберіть виконавця за замовчуванням у налаштуваннях підключення.",
        "en": "Nobody can be given the task: the extension is mapped to no one and the client has no manager. Choose a default performer in the connection's settings.",
    },
    "module_not_activated": {
        "ru": "RetailCRM не включила модуль; причина указана в её словах рядом. Администратору RetailCRM нужно устранить её (часто это оплата), затем зарегистрируйте модуль заново.",
        "uk": "RetailCRM не ввімкнула модуль; причину вказано в її словах поруч. Адміністратору RetailCRM потрібно її усунути (часто це оплата), потім зареєструйте модуль знову.",
        "en": "RetailCRM did not switch the module on; its words beside say why. A RetailCRM administrator has to settle that (often a payment); then register again.",
    },
    "not_simple_connection": {
        "ru": "Модуль подключён по ключу, поэтому права меняются в самом ключе. Добавьте права ключу в настройках RetailCRM.",
        "uk": "Модуль підключено за ключем, тому права змінюються в самому ключі. Додайте права ключу в налаштуваннях RetailCRM.",
        "en": "The module is connected by key, so its rights are changed in the key. Grant them in RetailCRM's settings.",
    },
    "partly_loaded": {
        "ru": "RetailCRM приняла часть звонков, а этот отклонила; её слова показаны рядом. Исправьте причину и повторите отправку: принятые не удвоятся.",
        "uk": "RetailCRM прийняла частину дзвінків, а цей відхилила; її слова показано поруч. Виправте причину й повторіть надсилання: прийняті не подвояться.",
        "en": "RetailCRM took some of the calls and refused this one; its words are shown beside. Remove the cause and send again: the others will not be doubled.",
    },
    "vendor_down": {
        "ru": "RetailCRM сейчас недоступна. Делать ничего не нужно: мы повторяем отправку сами, ничего не потеряно.",
        "uk": "RetailCRM зараз недоступна. Нічого робити не треба: ми повторюємо надсилання самі, нічого не втрачено.",
        "en": "RetailCRM is down at the moment. Nothing to do: we keep trying, and nothing is lost.",
    },
    "vendor_slow": {
        "ru": "RetailCRM не ответила вовремя. Делать ничего не нужно: мы проверим, дошёл ли запрос, и повторим его сами.",
        "uk": "RetailCRM не відповіла вчасно. Нічого робити не треба: ми перевіримо, чи дійшов запит, і повторимо його самі.",
        "en": "RetailCRM did not answer in time. Nothing to do: we check whether the request arrived and repeat it ourselves.",
    },
    "budget_spent": {
        "ru": "Сейчас к RetailCRM уходит больше запросов, чем она разрешает. Подождите минуту; отправки встали в очередь и не потеряны.",
        "uk": "Зараз до RetailCRM іде більше запитів, ніж вона дозволяє. Зачекайте хвилину; надсилання стали в чергу й не втрачені.",
        "en": "More requests are on their way to RetailCRM than it allows. Wait a minute; what is to be sent is queued and not lost.",
    },
    "blocked": {
        "ru": "Запрос остановил фильтр перед RetailCRM. Если это длится дольше часа, попросите поддержку RetailCRM разрешить адрес этого сервера.",
        "uk": "Запит зупинив фільтр перед RetailCRM. Якщо це триває довше години, попросіть підтримку RetailCRM дозволити адресу цього сервера.",
        "en": "A filter in front of RetailCRM stopped the request. If it lasts over an hour, ask RetailCRM's support to allow this server's address.",
    },
    "tls_failed": {
        "ru": "Сертификат этого адреса не прошёл проверку, поэтому ключ не отправлен. Проверьте адрес или обновите сертификат коробочной RetailCRM.",
        "uk": "Сертифікат цієї адреси не пройшов перевірку, тому ключ не надіслано. Перевірте адресу або оновіть сертифікат коробкової RetailCRM.",
        "en": "The address's certificate failed verification, so the key was not sent. Check the address or renew the boxed RetailCRM's certificate.",
    },
    "time_zone_unknown": {
        "ru": "Часовой пояс аккаунта RetailCRM неизвестен серверу, поэтому время звонков было бы неверным. Выберите часовой пояс в настройках подключения.",
        "uk": "Часовий пояс акаунта RetailCRM невідомий серверу, тому час дзвінків був би хибним. Виберіть часовий пояс у налаштуваннях підключення.",
        "en": "The server does not know the RetailCRM account's time zone, so call times would be wrong. Choose the time zone in the connection's settings.",
    },
    "scopes_missing": {
        "ru": "Ключ API действует, но ему не хватает прав: {scopes}. Добавьте их ключу в RetailCRM и проверьте ещё раз.",
        "uk": "Ключ API діє, але йому бракує прав: {scopes}. Додайте їх ключу в RetailCRM і перевірте ще раз.",
        "en": "The API key works but lacks rights: {scopes}. Grant them to the key in RetailCRM and test again.",
    },
    "probe_ready": {
        "ru": "Подключение работает, прав ключа достаточно. Можно регистрировать модуль.",
        "uk": "Підключення працює, прав ключа достатньо. Можна реєструвати модуль.",
        "en": "The connection works and the key has all it needs. You can register the module.",
    },
}

FORM: Final[dict[str, dict[str, str]]] = {
    "retailcrm.base_url": {
        "ru": "Адрес RetailCRM",
        "uk": "Адреса RetailCRM",
        "en": "RetailCRM address",
    },
    "retailcrm.base_url.help": {
        "ru": "Как в браузере: https://имя.retailcrm.ru",
        "uk": "Як у браузері: https://ім'я.retailcrm.ru",
        "en": "As in the browser: https://name.retailcrm.ru",
    },
    "retailcrm.api_key": {"ru": "Ключ API", "uk": "Ключ API", "en": "API key"},
    "retailcrm.api_key.help": {
        "ru": "Настройки → Интеграция → Ключи доступа к API",
        "uk": "Налаштування → Інтеграція → Ключі доступу до API",
        "en": "Settings → Integration → API access keys",
    },
    "retailcrm.default_site": {
        "ru": "Магазин по умолчанию",
        "uk": "Магазин за замовчуванням",
        "en": "Default shop",
    },
    "retailcrm.default_site.help": {
        "ru": "Для звонков на номера без своего магазина",
        "uk": "Для дзвінків на номери без власного магазину",
        "en": "For calls to numbers without a shop of their own",
    },
    "retailcrm.default_performer": {
        "ru": "Исполнитель задач по умолчанию",
        "uk": "Виконавець задач за замовчуванням",
        "en": "Default task performer",
    },
    "retailcrm.default_performer.help": {
        "ru": "Если у клиента нет менеджера",
        "uk": "Якщо у клієнта немає менеджера",
        "en": "When the client has no manager",
    },
    "retailcrm.allow_edit": {
        "ru": "Разрешить менять добавочные в RetailCRM",
        "uk": "Дозволити змінювати внутрішні номери в RetailCRM",
        "en": "Let extensions be edited in RetailCRM",
    },
    "retailcrm.allow_edit.help": {
        "ru": "При расхождении побеждают настройки здесь",
        "uk": "За розбіжності перемагають налаштування тут",
        "en": "On a difference the settings here win",
    },
    "retailcrm.requests_per_second": {
        "ru": "Запросов в секунду, не больше",
        "uk": "Запитів за секунду, не більше",
        "en": "Requests per second, at most",
    },
    "retailcrm.requests_per_second.help": {
        "ru": "Предел RetailCRM — 10 на адрес сервера",
        "uk": "Межа RetailCRM — 10 на адресу сервера",
        "en": "RetailCRM's own limit is 10 per server address",
    },
}
