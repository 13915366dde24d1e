from django.urls import include, path
from rest_framework.routers import DefaultRouter

from . import views
from .api import DocumentViewSet

router = DefaultRouter()
router.register('documents', DocumentViewSet)

urlpatterns = [
    path('', views.index, name='index'),
    path('documents/<int:pk>', views.download, name='download'),
    path('export.csv', views.export),
    path('greet/<str:name>', views.greet),
    path('api/', include(router.urls)),
]
