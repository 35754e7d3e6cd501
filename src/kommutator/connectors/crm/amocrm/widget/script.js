/* The switchboard inside amoCRM: a click on a phone number rings the employee's phone.
 *
 * Every request goes through $authorizedAjax: amoCRM itself adds X-Auth-Token, a token that
 * names the account and the user and lives half an hour. No password, no key, no user id of ours
 * is in this file or in an address.
 */
define(['jquery'], function ($) {
  'use strict';

  var SERVICE = '__KOMMUTATOR_URL__';
  var AGAIN_MS = 3000; // a double click is one call

  return function () {
    var self = this;
    var dialled = {};

    function say(slug, detail) {
      var words = self.i18n('messages') || {};
      var text = detail || words[slug] || words.failed;
      AMOCRM.notifications.show_message({
        header: self.i18n('widget').name,
        text: text,
        date: Math.floor(Date.now() / 1000)
      });
    }

    /** What went wrong, in the service's own words, which are in the person's language. */
    function refused(xhr) {
      var told = null;
      try {
        told = JSON.parse(xhr.responseText).error;
      } catch (unreadable) {
        told = null;
      }
      if (told && told.message) {
        say(null, told.message + (told.action ? ' ' + told.action : ''));
        return;
      }
      say(xhr.status ? 'failed' : 'unreachable');
    }

    function ask(method, path, body) {
      return self.$authorizedAjax({
        url: SERVICE + path,
        method: method,
        type: method,
        dataType: 'json',
        headers: { 'Accept-Language': self.system().lang || 'ru' },
        contentType: 'application/json',
        data: body ? JSON.stringify(body) : undefined
      });
    }

    function call(params) {
      var phone = String((params && params.value) || '');
      var now = Date.now();
      if (!phone || (dialled[phone] && now - dialled[phone] < AGAIN_MS)) {
        return;
      }
      dialled[phone] = now;
      say('calling');
      ask('POST', '/api/v1/amocrm/widget/call', { phone: phone }).fail(function (xhr) {
        delete dialled[phone];
        refused(xhr);
      });
    }

    /** In the settings window: is this account connected, and which phone is mine? */
    function showState($window) {
      var $place = $window.find('.widget_settings_block__descr');
      var $line = $('<p class="kommutator-state">');
      $place.append($line);
      ask('GET', '/api/v1/amocrm/widget/state')
        .done(function (state) {
          $line.text(state.message);
        })
        .fail(function (xhr) {
          $line.text(self.i18n('messages')[xhr.status ? 'not_connected' : 'unreachable']);
        });
    }

    this.callbacks = {
      init: function () {
        self.add_action('phone', call);
        return true;
      },
      render: function () {
        return true;
      },
      bind_actions: function () {
        return true;
      },
      settings: function ($window) {
        showState($($window));
        return true;
      },
      onSave: function () {
        return true;
      },
      destroy: function () {
        return true;
      }
    };
    return this;
  };
});
