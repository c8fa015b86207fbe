"""Addresses of the advertiser portal that belong to no other app."""

from django.urls import path

from advertisers.signup import views as signup
from advertisers.views import business, closing, home, invitations, keys, papers, preferences, profile, recipients, team

app_name = "advertisers"
urlpatterns = [
    path("accounts/signup/<str:kind>/", signup.enter, name="signup"),
    path("accounts/signup/<str:kind>/<str:step>/", signup.step, name="signup-step"),
    path("dashboard/", home.dashboard, name="dashboard"),
    path("my-page/", home.my_page, name="my-page"),
    path("my-page/notifications/", home.notices, name="notifications"),
    path("my-page/notifications/preferences/", preferences.notification_preferences, name="notification-preferences"),
    path("my-page/notifications/read-all/", home.read_all_notices, name="notifications-read-all"),
    path("my-page/notifications/<uuid:public_id>/read/", home.read_notice, name="notification-read"),
    path("my-page/papers/", papers.papers_page, name="papers"),
    path("my-page/papers/<uuid:public_id>/", papers.paper, name="paper"),
    path("my-page/switch/", team.switch, name="switch"),
    path("my-page/profile/", profile.profile, name="profile"),
    path("my-page/team/", team.team, name="team"),
    path("my-page/team/history/", team.team_history, name="team-history"),
    path("my-page/team/invite/", team.invite, name="team-invite"),
    path("my-page/team/leave/", team.leave, name="team-leave"),
    path("my-page/team/set-limit/", team.set_limit, name="team-set-limit"),
    path("my-page/team/invitations/<uuid:public_id>/revoke/", team.revoke_invitation, name="invitation-revoke"),
    path("my-page/team/members/<uuid:public_id>/change-role/", team.change_role, name="member-change-role"),
    path("my-page/team/members/<uuid:public_id>/remove/", team.remove_member, name="member-remove"),
    path("my-page/team/members/<uuid:public_id>/make-owner/", team.make_owner, name="member-make-owner"),
    path("my-page/team/members/<uuid:public_id>/limit/", team.member_limit, name="member-limit"),
    path("my-page/team/recipients/add/", team.add_recipient, name="recipient-add"),
    path("my-page/team/recipients/<uuid:public_id>/remove/", team.remove_recipient, name="recipient-remove"),
    path("my-page/api-keys/", keys.key_list, name="api-keys"),
    path("my-page/api-keys/create/", keys.create, name="api-key-create"),
    path("my-page/api-keys/<uuid:public_id>/rotate/", keys.rotate, name="api-key-rotate"),
    path("my-page/api-keys/<uuid:public_id>/revoke/", keys.revoke, name="api-key-revoke"),
    path("my-page/business/", business.business, name="business"),
    path("my-page/closing/", closing.closing_page, name="closing"),
    path("reports/<slug:token>/", recipients.recipient, name="recipient"),
    path("reports/<slug:token>/confirm/", recipients.confirm, name="recipient-confirm"),
    path("reports/<slug:token>/stop/", recipients.stop, name="recipient-stop"),
    path("invitations/<slug:token>/", invitations.invitation, name="invitation"),
    path("invitations/<slug:token>/accept/", invitations.accept_invitation, name="invitation-accept"),
]
